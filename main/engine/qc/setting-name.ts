/** Names of the settings in which quality control keeps what is about an instrument, or about a test on it. */
import { createHash } from 'node:crypto';

/** Characters of a document's id. */
const LONGEST = 36;

/**
 * `qc.override.T1.CHEM1.NA`; where that is longer than an id may be, a digest stands for the names: `qc.override.~5f2c…`. What is kept under such a
 * name says itself which instrument it is about (`instrumentId`), for the central server and for other stations.
 */
export function qcSettingName(
  kind: 'events' | 'override' | 'overrides' | 'signOffs',
  ...names: readonly string[]
): string {
  const plain = ['qc', kind, ...names].join('.');
  if (plain.length <= LONGEST) return plain;
  const head = `qc.${kind}.~`;
  const digest = createHash('sha256').update(JSON.stringify(names)).digest('hex');
  return `${head}${digest.slice(0, LONGEST - head.length)}`;
}
