/** Test help: HL7 messages, and an MLLP session over a line in memory with everything it says recorded. Used by tests only. */
import { Hl7Profile } from '../../../../shared/profiles/schema/hl7.ts';
import { concatBytes, fromBinary, toBinary } from '../../../../shared/protocols/astm/bytes.ts';
import { createBlocks, feedBlocks, frameBlock } from '../../../../shared/protocols/mllp/block.ts';
import { mllpRules } from './mllp-rules.ts';
import { MllpSession, type MllpSessionOptions } from './mllp-session.ts';
import { recorded } from './session-fixture.ts';

/** A profile with these settings of its dialect. */
export function hl7Profile(dialect: Record<string, unknown> = {}): Hl7Profile {
  return Hl7Profile.parse({
    id: 'test-hl7',
    version: 1,
    name: 'Test',
    manufacturer: '',
    model: 'Test',
    section: 'chemistry',
    source: { title: 'made for tests' },
    tests: [{ code: 'NA', test: 'NA', loinc: null, unit: 'mmol/L' }],
    flags: {},
    statuses: { F: 'final' },
    qc: { processing: ['Q'], actionCodes: [], specimenPrefixes: [] },
    capabilities: { query: false, download: false },
    protocol: 'hl7',
    dialect,
  });
}

export interface HandHl7 {
  id?: string;
  type?: string;
  /** MSH-11 */
  processing?: string;
  version?: string;
  /** MSH-15 and MSH-16 */
  accept?: string;
  application?: string;
  value?: string;
  /** segments instead of the result */
  body?: string[];
}

/** An HL7 message written by hand, with one sodium unless told otherwise. */
export function hl7({
  id = '1',
  type = 'ORU^R01',
  processing = 'P',
  version = '2.5.1',
  ...more
}: HandHl7 = {}) {
  const { accept = '', application = '', value = '140' } = more;
  const body = more.body ?? [
    'PID|1||44101',
    'OBR|1||A1|NA^Sodium',
    `OBX|1|NM|NA^Sodium||${value}|mmol/L|||||F|||20260729064205`,
  ];
  const header = `MSH|^~\\&|DEV|BENCH|LEVEY|LAB|20260729064205||${type}|${id}|${processing}|${version}|||${accept}|${application}`;
  return `${[header.replace(/\|+$/, ''), ...body].join('\r')}\r`;
}

/** A plain acknowledgement from a peer. */
export const ackOf = (id: string, code = 'AA', text = '') =>
  hl7({ id: `R${id}`, type: 'ACK', body: [`MSA|${code}|${id}${text === '' ? '' : `|${text}`}`] });

/** A message as a block. */
export const block = (text: string) => frameBlock(fromBinary(text));

/** The messages in what was written. */
export function blocksIn(written: readonly Uint8Array[]): string[] {
  const { events } = feedBlocks(createBlocks({ maxBytes: 1_000_000 }), concatBytes(written));
  return events.map((event) => (event.type === 'block' ? toBinary(event.content) : event.type));
}

/** MSA-1 and MSA-2 of acknowledgements: `AA 1`. */
export function acksIn(written: readonly Uint8Array[]): string[] {
  return blocksIn(written).map((text) => (/\rMSA\|(\w*)\|?([^|\r]*)/.exec(text) ?? []).slice(1).join(' '));
}

/** A session over a line in memory. */
export function mllpSession(given: Partial<MllpSessionOptions> = {}, dialect: Record<string, unknown> = {}) {
  const { options, said } = recorded();
  const session = new MllpSession({
    ...options,
    rules: mllpRules(hl7Profile(dialect)),
    maxBytes: 1_000_000,
    ackMs: 30_000,
    repeats: 3,
    ...given,
  });
  session.start();
  /** The texts that were handed on, once all is quiet. */
  const told = () => said.messages.map((message) => toBinary(message.text));
  return { ...said, session, told };
}
