import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bundle, Specimen } from 'fhir/r4';
import { expect, test } from 'vitest';
import { projectRoot } from '../../build/paths.ts';
import { newBase } from '../../shared/documents/common.ts';
import { documentShapes } from '../../shared/documents/index.ts';
import { specimenMapping } from '../../shared/fhir/specimen.ts';
import { checksum } from '../../shared/protocols/astm/frame.ts';
import { parseStation } from '../../shared/station/schema.ts';
import { SCHEMA_FILE, stationSchemaText } from './station-schema.ts';

const page = readFileSync(join(projectRoot, 'docs', 'station.md'), 'utf8');

test('docs/station.schema.json is the schema of the code', () => {
  expect(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'))).toEqual(JSON.parse(stationSchemaText()));
});

test('the example in docs/station.md is a station file, and it has every field', () => {
  const example = /```json\n(\{\n {2}"\$schema"[\s\S]*?\n)```/.exec(page)?.[1] ?? '';
  const station = parseStation(example);
  expect(station.instruments.map((one) => one.transport.kind).sort()).toEqual([
    'serial',
    'tcpClient',
    'tcpServer',
  ]);
  const given = JSON.parse(example) as Record<string, unknown>;
  const { properties = {} } = JSON.parse(stationSchemaText()) as { properties?: Record<string, unknown> };
  expect(Object.keys(given).sort()).toEqual(Object.keys(properties).sort());
});

test('every field of the schema is explained in docs/station.md', () => {
  const names = new Set<string>();
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'properties') for (const name of Object.keys(value as object)) names.add(name);
      collect(value);
    }
  };
  collect(JSON.parse(stationSchemaText()));
  expect(names.size).toBeGreaterThan(35);
  expect([...names].filter((name) => !page.includes(`\`${name}\``) && !page.includes(`.${name}\``))).toEqual(
    [],
  );
});

test('the frames in docs/station.md have the right checksums', () => {
  const frames = [...page.matchAll(/^<STX>(.*)<CR><ETX>([0-9A-F]{2})<CR><LF>$/gm)];
  expect(frames.length).toBeGreaterThanOrEqual(5);
  for (const [, text = '', sum = ''] of frames) {
    expect(`${text} ${sum}`).toBe(`${text} ${checksum(Buffer.from(`${text}\r\x03`, 'latin1'))}`);
  }
});

test('the specimen in docs/station.md is one that a station can use', () => {
  const text = /`specimen\.json`[\s\S]*?```json\n([\s\S]*?)\n```/.exec(page)?.[1] ?? '';
  const [entry] = (JSON.parse(text) as Bundle<Specimen>).entry ?? [];
  const at = '2026-07-29T06:40:00.000Z';
  const context = {
    docId: (collection: string, reference: string) => (reference.includes('?') ? collection : undefined),
  };
  const read = specimenMapping.from(entry!.resource!, context, newBase('s1', at, 'onServer'));
  expect(documentShapes.specimens.safeParse(read).error).toBeUndefined();
  expect(page).toContain(`the orders of \`${read.accessionIdentifier}\``);
  expect(read).toMatchObject({
    patientId: 'patients',
    orderIds: ['orders'],
    typeCode: 'SER',
    status: 'expected',
  });
});
