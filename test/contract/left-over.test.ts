import { expect, test } from 'vitest';
import { fromBinary } from '../../shared/protocols/astm/bytes.ts';
import { buildFrames } from '../../shared/protocols/astm/frame.ts';
import { handMessage, logInto, receivedTube, startBadBench } from './bad-input-fixture.ts';
import { startTestEngine } from './engine-client.ts';

/** What an earlier run acknowledged and did not post, on the whole engine: it is posted before the line opens, at the first try. */

test('M3 a left-over result of a test that may be released by itself is posted while the engine starts', async () => {
  const bench = await startBadBench();
  const { catalog, store } = bench.engine.bench;
  expect(catalog.test('NA')?.autoverify).toBe(true);
  const at = new Date().toISOString();
  const tube = await receivedTube(bench.tech, ['LYTES']);
  // As after a crash: rows of the journal alone.
  for (const bytes of buildFrames(fromBinary(handMessage(tube, [{ code: 'Na', text: '140' }]))))
    await store.journal.appendDurable({
      instrumentId: 'T1.CHEM1',
      linkId: 'c1',
      at,
      direction: 'in',
      bytes,
      note: 'frame',
    });
  await bench.stop();
  const log: string[] = [];
  const engine = await startTestEngine(bench.at, logInto(log));
  try {
    const results = await engine.bench.store.find('results', { selector: {} });
    expect(results.map((one) => [one.accessionIdentifier, one.testCode, one.value.text])).toEqual([
      [tube, 'NA', '140'],
    ]);
    expect(log.filter((line) => line.includes('posting.failed'))).toEqual([]);
  } finally {
    await engine.stop();
  }
});
