import { describe, expect, it } from 'vitest';
import { type GroupedHl7, type GroupOptions, groupMessage, type SpecimenGroup } from './grammar.ts';
import { parseHl7 } from './parse.ts';
import type { Hl7Segment } from './segment.ts';

/** A message of that type; each segment is numbered so that it can be told apart. */
function message(type: string, segments: string) {
  const lines = segments.split(' ').map((id, at) => `${id}|${at + 1}`);
  const [read] = parseHl7(`MSH|^~\\&|a||||||${type}|1|P|2.5.1\r${lines.join('\r')}\r`).messages;
  if (read === undefined) throw new Error('no message');
  return read;
}

function grouped(type: string, segments: string, options?: GroupOptions): GroupedHl7 {
  return groupMessage(message(type, segments), options);
}

const name = (segment: Hl7Segment | null): string =>
  segment === null ? '-' : `${segment.id}${segment.value(1)}`;
const names = (segments: readonly Hl7Segment[]): string => segments.map(name).join(' ');

/** A specimen as text: `SPM3 SAC4 {ORC5 OBR6 OBX7(NTE8)}`. */
function shape(specimen: SpecimenGroup): string {
  const observation = ({ obx, notes, others }: SpecimenGroup['observations'][number]): string =>
    name(obx) + (notes.length + others.length > 0 ? `(${names([...notes, ...others])})` : '');
  const own = [specimen.spm, ...specimen.moreSpm, specimen.sac, ...specimen.moreSac].filter(
    (one) => one !== null,
  );
  const head = [
    names(own),
    ...specimen.observations.map(observation),
    names(specimen.notes),
    names(specimen.others),
  ];
  const orders = specimen.orders.map((order) => {
    const parts = [
      name(order.orc),
      name(order.obr),
      names(order.timings),
      names(order.notes),
      names(order.others),
    ];
    return `{${[...parts, ...order.observations.map(observation)].filter((part) => part !== '').join(' ')}}`;
  });
  return [...head, ...orders].filter((part) => part !== '').join(' ');
}

/** Every segment in the tree, by its place in the message. */
function collect(tree: GroupedHl7): number[] {
  const found: number[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) walk(item);
    else if (typeof value === 'object' && value !== null) {
      if ('raw' in value && 'index' in value) found.push(Number(value.index));
      else {
        for (const [key, item] of Object.entries(value)) {
          // The patient and visit of a specimen are references to what is in `patients`.
          if (key !== 'patient' && key !== 'visit' && key !== 'problems') walk(item);
        }
      }
    }
  };
  walk(tree);
  return found.sort((a, b) => a - b);
}

describe('grouping', () => {
  it.each<[string, string, string[]]>([
    ['ORU^R01', 'PID OBR OBX OBX', ['{- OBR2 OBX3 OBX4}']],
    ['ORU^R01', 'PID PV1 ORC OBR OBX ORC OBR OBX', ['{ORC3 OBR4 OBX5} {ORC6 OBR7 OBX8}']],
    [
      'ORU^R01',
      'PID ORC OBR NTE TQ1 OBX NTE NTE OBX SPM',
      ['SPM10 {ORC2 OBR3 TQ15 NTE4 OBX6(NTE7 NTE8) OBX9}'],
    ],
    ['ORU^R01', 'PID OBR OBX SPM OBR OBX SPM', ['SPM4 {- OBR2 OBX3}', 'SPM7 {- OBR5 OBX6}']],
    ['ORU^R01', 'PID OBR OBX OBR OBX SPM OBR OBX', ['{- OBR2 OBX3}', 'SPM6 {- OBR4 OBX5}', '{- OBR7 OBX8}']],
    ['ORU^R01', 'PID OBR OBX SPM OBX NTE', ['SPM4 OBX5(NTE6) {- OBR2 OBX3}']],
    ['ORU^R01', 'PID OBR OBX SPM SPM', ['SPM4 SPM5 {- OBR2 OBX3}']],
    ['ORU^R01', 'OBR OBX', ['{- OBR1 OBX2}']],
    ['ORU^R01', 'PID ZPA OBR ZOR OBX ZOB NTE', ['{- OBR3 ZOR4 OBX5(NTE7 ZOB6)}']],
    ['ORU^R30', 'PID PD1 OBX PV1 ORC OBR NTE TQ1 OBX NTE', ['{ORC5 OBR6 TQ18 NTE7 OBX9(NTE10)}']],
    ['ORU^R32', 'PID ORC OBR OBX', ['{ORC2 OBR3 OBX4}']],
    ['OUL^R22', 'SPM SAC OBR ORC OBX OBX', ['SPM1 SAC2 {ORC4 OBR3 OBX5 OBX6}']],
    ['OUL^R22', 'SPM OBR OBX OBR OBX', ['SPM1 {- OBR2 OBX3} {- OBR4 OBX5}']],
    ['OUL^R22', 'SPM OBR ORC OBX OBR ORC OBX', ['SPM1 {ORC3 OBR2 OBX4} {ORC6 OBR5 OBX7}']],
    ['OUL^R22', 'SPM ORC OBR OBX ORC OBR OBX', ['SPM1 {ORC2 OBR3 OBX4} {ORC5 OBR6 OBX7}']],
    [
      'OUL^R22',
      'PID PV1 SPM OBX NTE SAC INV OBR ORC NTE TQ1 OBX TCD NTE SPM OBR OBX',
      ['SPM3 SAC6 OBX4(NTE5) INV7 {ORC9 OBR8 TQ111 NTE10 OBX12(NTE14 TCD13)}', 'SPM15 {- OBR16 OBX17}'],
    ],
    [
      'OML^O33',
      'PID SPM SAC ORC TQ1 OBR ORC OBR SPM ORC OBR',
      ['SPM2 SAC3 {ORC4 OBR6 TQ15} {ORC7 OBR8}', 'SPM9 {ORC10 OBR11}'],
    ],
    ['OML^O33', 'SPM SAC ORC', ['SPM1 SAC2 {ORC3 -}']],
    ['ORL^O34', 'MSA PID SPM SAC ORC OBR ORC', ['SPM3 SAC4 {ORC5 OBR6} {ORC7 -}']],
    ['ORM^O01', 'PID PV1 ORC OBR NTE DG1 ORC OBR', ['{ORC3 OBR4 NTE5 DG16} {ORC7 OBR8}']],
    ['ORM^O01', 'PID ORC OBR OBX NTE', ['{ORC2 OBR3 OBX4(NTE5)}']],
    [
      'OML^O21',
      'PID PV1 ORC TQ1 OBR NTE OBX SPM SAC ORC OBR SPM',
      ['SPM8 SAC9 {ORC3 OBR5 TQ14 NTE6 OBX7}', 'SPM12 {ORC10 OBR11}'],
    ],
    ['ORR^O02', 'MSA PID ORC OBR ORC', ['{ORC3 OBR4} {ORC5 -}']],
  ])('M7 %s: %s', (type, segments, specimens) => {
    const tree = grouped(type, segments);
    expect(tree.specimens.map(shape)).toEqual(specimens);
    expect(tree.problems).toEqual([]);
    expect(collect(tree)).toEqual(
      segments
        .split(' ')
        .map((_, at) => at + 1)
        .concat(0)
        .sort((a, b) => a - b),
    );
  });

  it.each([
    ['QBP^Q11', 'QPD RCP', 'QPD1 RCP2'],
    ['RSP^K11', 'MSA QAK QPD', 'QAK2 QPD3'],
    ['QRY^Q02', 'QRD QRF', 'QRD1 QRF2'],
    ['DSR^Q03', 'MSA QAK QRD QRF DSP DSP DSC', 'QAK2 QRD3 QRF4 DSP5 DSP6 DSC7'],
  ])('M7 %s: %s', (type, segments, query) => {
    const tree = grouped(type, segments);
    expect(names(tree.query)).toBe(query);
    expect(tree.msa === null).toBe(!segments.startsWith('MSA'));
    expect(tree.problems).toEqual([]);
  });

  it('M7 notes belong to what they follow', () => {
    const tree = grouped('ORU^R01', 'NTE PID NTE OBR NTE OBX NTE SPM NTE');
    expect(names(tree.notes)).toBe('NTE1');
    expect(names(tree.patients[0]?.notes ?? [])).toBe('NTE3');
    expect(tree.specimens.map(shape)).toEqual(['SPM8 NTE9 {- OBR4 NTE5 OBX6(NTE7)}']);
  });

  it('M7 every specimen names the patient it stands under', () => {
    const tree = grouped('ORU^R01', 'PID PV1 OBR OBX PID OBR OBX');
    expect(tree.specimens.map(({ patient, visit }) => `${name(patient)} ${name(visit)}`)).toEqual([
      'PID1 PV12',
      'PID5 -',
    ]);
    expect([name(tree.patient), name(tree.visit)]).toEqual(['PID1', 'PV12']);
  });

  it('M7 errors of an answer are listed', () => {
    const tree = grouped('ORL^O34', 'MSA ERR ERR');
    expect([name(tree.msa), names(tree.errors)]).toEqual(['MSA1', 'ERR2 ERR3']);
  });

  it.each([
    ['ORU^R01', 'PID OBX', 'fault', 'OBX without an order.'],
    ['ORU^R01', 'PID ORC OBX', 'fault', 'OBX of an order without OBR.'],
    ['ORU^R01', 'PID', 'fault', 'ORU^R01 without OBR.'],
    ['ORU^R01', 'PV1 OBR OBX', 'note', 'PV1 without its PID.'],
    ['ORU^R01', 'PID OBR OBX PV1', 'fault', 'PV1 without its PID.'],
    ['ORU^R01', 'PID TQ1 OBR OBX', 'fault', 'TQ1 without its order.'],
    ['ORU^R01', 'PID OBR OBX MSA', 'fault', 'MSA where it cannot stand.'],
    ['ORU^R01', 'PID SPM OBR OBX', 'note', 'SPM before any order: read as specimen first.'],
    [
      'ORU^R01',
      'PID OBR SPM OBX',
      'fault',
      'OBX behind SPM of an order without results: results or the specimen?',
    ],
    ['ORU^R01', 'PID SAC OBR OBX', 'fault', 'SAC without its specimen.'],
    ['ORU^R01', 'PID OBR OBX SAC', 'note', 'SAC without SPM.'],
    ['OUL^R22', 'OBR OBX', 'fault', 'OUL^R22 without SPM.'],
    ['OUL^R22', 'SPM OBR OBX PID OBR', 'fault', 'PID behind a specimen.'],
    ['OUL^R22', 'SPM OBR OBX SAC', 'fault', 'SAC without its specimen.'],
    ['OML^O33', 'SPM OBX', 'fault', 'OML^O33 without ORC.'],
    [
      'OML^O21',
      'PID ORC OBR PID ORC OBR OBX',
      'fault',
      'Prior results: what follows cannot be told from further orders.',
    ],
    ['QBP^Q11', 'RCP', 'fault', 'QBP^Q11 without QPD.'],
    ['RSP^K11', 'QAK QPD', 'fault', 'RSP^K11 without MSA.'],
  ])('M7 %s: %s is a %s: %s', (type, segments, severity, text) => {
    const tree = grouped(type, segments);
    expect(tree.problems.map((problem) => `${problem.severity}: ${problem.text}`)).toContain(
      `${severity}: ${text}`,
    );
    expect(collect(tree)).toEqual([0, ...segments.split(' ').map((_, at) => at + 1)]);
  });

  it('M7 prior results sent with an order are marked, never new work', () => {
    const tree = grouped('OML^O21', 'PID ORC OBR PID ORC OBR OBX');
    expect(tree.specimens.map(({ prior }) => prior)).toEqual([false, true]);
    expect(name(tree.patient)).toBe('PID1');
  });

  it('M7 SPM in front of all orders is read as specimen first', () => {
    const tree = grouped('ORU^R01', 'PID SPM OBR OBX OBR OBX SPM OBR OBX');
    expect(tree.specimens.map(shape)).toEqual(['SPM2 {- OBR3 OBX4} {- OBR5 OBX6}', 'SPM7 {- OBR8 OBX9}']);
  });

  it('M7 a profile may say that results stand behind SPM', () => {
    const tree = grouped('ORU^R01', 'PID OBR SPM OBX NTE OBX OBR OBX SPM OBX', {
      resultsBehindSpecimen: true,
    });
    expect(tree.specimens.map(shape)).toEqual(['SPM3 {- OBR2 OBX4(NTE5) OBX6}', 'SPM9 OBX10 {- OBR7 OBX8}']);
    expect(tree.problems).toEqual([]);
  });

  it.each([
    ['OUL_R22', 'SPM OBR OBX SPM OBR OBX'],
    ['ORU_R01', 'OBR OBX'],
  ])('M7 a type may stand in the structure alone: %s', (structure, segments) => {
    const code = structure.slice(0, 3);
    expect(grouped(`${code}^^${structure}`, segments).problems).toEqual([]);
  });

  it('M7 an unknown type is grouped all the same', () => {
    const tree = grouped('ZZZ^Z01', 'PID OBR OBX SPM');
    expect(tree.specimens.map(shape)).toEqual(['SPM4 {- OBR2 OBX3}']);
    expect(grouped('constructor^x', 'OBR OBX').problems).toEqual([]);
  });

  it('M7 nothing is lost and nothing doubled, whatever the order of segments', () => {
    const ids = ['PID', 'PV1', 'ORC', 'OBR', 'OBX', 'NTE', 'SPM', 'SAC', 'TQ1', 'MSA', 'ERR', 'QPD', 'ZZZ'];
    const types = ['ORU^R01', 'OUL^R22', 'OML^O33', 'OML^O21', 'ORL^O34', 'ORU^R30', 'RSP^K11', 'ABC^D01'];
    const seed = 20260729;
    let state = seed;
    const random = (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let round = 0; round < 3000; round += 1) {
      const segments = Array.from({ length: 1 + random(14) }, () => ids[random(ids.length)] ?? 'ZZZ').join(
        ' ',
      );
      const type = types[random(types.length)] ?? 'ORU^R01';
      const tree = grouped(type, segments, { resultsBehindSpecimen: random(2) === 1 });
      expect(collect(tree), `seed ${seed}, round ${round}: ${type} ${segments}`).toEqual([
        0,
        ...segments.split(' ').map((_, at) => at + 1),
      ]);
    }
  });
});
