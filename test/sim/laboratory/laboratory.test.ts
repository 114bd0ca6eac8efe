import { describe, expect, it } from 'vitest';
import { documentShapes } from '../../../shared/documents/index.ts';
import { parseAccession } from '../../../shared/domain/accession-number.ts';
import { ageAt } from '../../../shared/domain/age.ts';
import { chooseRange } from '../../../shared/domain/range.ts';
import { reportReadiness } from '../../../shared/domain/report.ts';
import { planTubes } from '../../../shared/domain/tubes.ts';
import { parseStation } from '../../../shared/station/schema.ts';
import { DEMO_SEED, laboratory, type PastRequisition, Patients, Random, stationFile } from './index.ts';

const day = '2026-07-29';
const lab = laboratory({ day });
const tests = lab.catalog.filter((one) => one.kind === 'test');

describe('demo catalogue', () => {
  it('has 30 tests, 8 panels and 3 specimen types, each valid and named once', () => {
    expect(tests).toHaveLength(30);
    expect(lab.catalog.filter((one) => one.kind === 'panel')).toHaveLength(8);
    expect(lab.catalog.filter((one) => one.kind === 'specimenType')).toHaveLength(3);
    for (const one of lab.catalog) documentShapes.catalog.parse(one);
    expect(new Set(lab.catalog.map((one) => one.id)).size).toBe(41);
    expect(new Set(tests.map((one) => one.loinc)).size).toBe(30);
    for (const one of tests) expect(one.loinc).toMatch(/^\d{3,5}-\d$/);
  });

  it('has LOINC codes with the right check digit', () => {
    for (const { loinc } of tests) {
      const [digits = '', check] = loinc.split('-');
      // Mod 10 as LOINC defines it: from the right every other digit doubled, digits added up.
      const sum = [...digits].reverse().reduce((total, c, i) => {
        const n = Number(c) * (i % 2 === 0 ? 2 : 1);
        return total + Math.floor(n / 10) + (n % 10);
      }, 0);
      expect(String((10 - (sum % 10)) % 10), loinc).toBe(check);
    }
  });

  it('V4 has sane ranges: low below high, inside the critical and plausible limits, no gap between ages and no overlap', () => {
    for (const test of tests) {
      const { plausibleLow = -Infinity, plausibleHigh = Infinity } = test;
      for (const rule of test.ranges) {
        const { low = plausibleLow, high = plausibleHigh, criticalLow = low, criticalHigh = high } = rule;
        const limits = [plausibleLow, criticalLow, low, high, criticalHigh, plausibleHigh];
        expect(limits, test.code).toEqual([...limits].sort((a, b) => a - b));
        expect(low).toBeLessThan(high);
        expect(rule.ageLowDays).toBeLessThan(rule.ageHighDays);
        expect(rule.specimenType).toBe(test.specimenType);
      }
      for (const sex of ['male', 'female'] as const) {
        const groups = test.ranges
          .filter((rule) => rule.sex === sex || rule.sex === 'any')
          .sort((a, b) => a.ageLowDays - b.ageLowDays);
        groups.forEach((rule, i) => {
          const next = groups[i + 1];
          if (next !== undefined) expect(next.ageLowDays, `${test.code} ${sex}`).toBe(rule.ageHighDays);
        });
        if (test.code !== 'TROP') expect(groups[0]?.ageLowDays).toBe(0);
        expect(groups.at(-1)?.ageHighDays).toBe(120 * 365.25);
      }
    }
  });

  it('V4 gives newborn, child and adult of either sex a range, but troponin none to a child', () => {
    for (const sex of ['male', 'female'] as const) {
      for (const birthDate of [
        '2026-07-28',
        '2026-05-01',
        '2022-05-01',
        '2012-05-01',
        '1990-05-01',
        '1930-05-01',
      ]) {
        for (const test of tests) {
          const subject = {
            sex,
            birthDate,
            collectedTime: `${day}T06:00:00.000Z`,
            specimenType: test.specimenType,
          };
          const child = birthDate > '2008-07-29';
          expect(chooseRange(test, subject).range === null, `${test.code} ${birthDate}`).toBe(
            child && test.code === 'TROP',
          );
        }
      }
    }
  });

  it('has panels of known tests of one requisition drawn in the order citrate, serum, EDTA', () => {
    const codes = new Set(tests.map((one) => one.code));
    const panels = lab.catalog.filter((one) => one.kind === 'panel');
    for (const panel of panels) for (const member of panel.members) expect(codes.has(member)).toBe(true);
    const orders = panels.map((one) => ({
      id: one.id,
      status: 'active' as const,
      testCodes: one.members,
      display: one.name,
      catalogCode: one.code,
    }));
    const { tubes, problems } = planTubes(orders, lab.catalog);
    expect(problems).toEqual([]);
    expect(tubes.map((one) => one.cap)).toEqual(['lightBlue', 'gold', 'lavender']);
  });
});

describe(`demo patients (seed ${DEMO_SEED})`, () => {
  it('are 200, valid, each with an own name and record number', () => {
    expect(lab.patients).toHaveLength(200);
    for (const one of lab.patients) documentShapes.patients.parse(one);
    expect(new Set(lab.patients.map((one) => one.id)).size).toBe(200);
    expect(new Set(lab.patients.map((one) => one.identifier)).size).toBe(200);
    const names = lab.patients.filter((one) => !one.givenName.startsWith('baby'));
    expect(new Set(names.map((one) => `${one.familyName} ${one.givenName}`)).size).toBe(names.length);
  });

  it('are of many scripts, with a Latin form where the script is another one', () => {
    const scripts = ['Greek', 'Cyrillic', 'Arabic', 'Hebrew', 'Devanagari', 'Han', 'Hangul', 'Thai', 'Latin'];
    for (const script of scripts) {
      const of = lab.patients.filter((one) => new RegExp(`\\p{Script=${script}}`, 'u').test(one.familyName));
      expect(of.length, script).toBeGreaterThan(0);
      for (const one of of) expect(one.transliteration === '', one.familyName).toBe(script === 'Latin');
      for (const one of of) expect(one.transliteration).not.toMatch(/[^\p{Script=Latin}\p{M}\s'’-]/u);
    }
  });

  it('are newborn to 100 years, some without sex, some with a partial birth date or none', () => {
    const ages = lab.patients.map((one) => ageAt(one.birthDate, day)).filter((one) => one !== null);
    expect(Math.min(...ages.map((one) => one.oldest.calendarDays))).toBe(0);
    expect(Math.max(...ages.map((one) => one.oldest.years))).toBe(100);
    const lengths = new Set(lab.patients.map((one) => one.birthDate.length));
    expect([...lengths].sort((a, b) => a - b)).toEqual([0, 4, 7, 10]);
    const sexes = lab.patients.map((one) => one.sex);
    for (const sex of ['male', 'female', 'unknown']) expect(sexes).toContain(sex);
    for (const one of lab.patients) {
      if (one.birthDate.length === 10) expect(one.createdAt >= one.birthDate).toBe(true);
    }
  });
});

describe(`demo orders (seed ${DEMO_SEED})`, () => {
  it('are a morning of requisitions with several panels and some STAT', () => {
    for (const one of lab.orders) documentShapes.orders.parse(one);
    const requisitions = Map.groupBy(lab.orders, (one) => one.requisition);
    expect(requisitions.size).toBe(60);
    expect([...requisitions.values()].some((list) => list.length > 2)).toBe(true);
    for (const list of requisitions.values()) {
      expect(new Set(list.map((one) => one.patientId)).size).toBe(1);
      expect(new Set(list.map((one) => one.catalogCode)).size).toBe(list.length);
      expect(planTubes(list, lab.catalog).problems).toEqual([]);
    }
    expect(lab.orders.some((one) => one.priority === 'stat')).toBe(true);
    expect(new Set(lab.orders.map((one) => one.id)).size).toBe(lab.orders.length);
    for (const one of lab.orders) expect(one.authoredOn.slice(0, 10)).toBe(day);
  });
});

describe(`demo history (seed ${DEMO_SEED})`, () => {
  const past: PastRequisition[] = [...lab.history(6000)];
  const results = past.flatMap((one) => one.results);

  it('has exactly as many results as asked for, all valid, released, signed and on the server', () => {
    expect(results).toHaveLength(6000);
    for (const one of past) {
      for (const doc of one.orders) documentShapes.orders.parse(doc);
      for (const doc of one.specimens) documentShapes.specimens.parse(doc);
      for (const doc of one.results) documentShapes.results.parse(doc);
      for (const doc of one.tasks) documentShapes.tasks.parse(doc);
      documentShapes.reports.parse(one.report);
      const docs = [...one.orders, ...one.specimens, ...one.results, ...one.tasks, one.report];
      expect(new Set(docs.map((doc) => doc.syncState))).toEqual(new Set(['onServer']));
      expect(one.report.state).toBe('signed');
      const readiness = reportReadiness(one.orders, one.specimens, one.results);
      expect(readiness.state).toBe('waiting');
      expect(readiness.resultIds.sort()).toEqual([...one.report.resultIds].sort());
    }
  });

  it('fits together: ids once, accession numbers once and right, patients and specimens known', () => {
    const ids = past.flatMap((one) =>
      [...one.orders, ...one.specimens, ...one.results, ...one.tasks, one.report].map((doc) => doc.id),
    );
    expect(new Set(ids).size).toBe(ids.length);
    const numbers = past.flatMap((one) => one.specimens.map((specimen) => specimen.accessionIdentifier));
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const number of numbers) expect(parseAccession(number).ok).toBe(true);
    const people = new Set(lab.patients.map((one) => one.id));
    for (const one of past) {
      const specimens = new Set(one.specimens.map((specimen) => specimen.id));
      for (const result of one.results) {
        expect(specimens.has(result.specimenId)).toBe(true);
        expect(people.has(result.patientId)).toBe(true);
      }
    }
  });

  it('runs forward in time, ends before the day, and measures nobody before the birth', () => {
    const born = new Map(lab.patients.map((one) => [one.id, one.birthDate]));
    for (const one of past) {
      const { report, results: list } = one;
      expect(report.issuedTime < `${day}T00:00:00.000Z`).toBe(true);
      for (const result of list) {
        expect(result.effectiveTime < result.measuredTime && result.measuredTime < result.verifiedTime).toBe(
          true,
        );
        expect(result.verifiedTime < report.issuedTime).toBe(true);
        expect(result.effectiveTime >= (born.get(result.patientId) ?? '')).toBe(true);
        if (result.previous !== null) expect(result.previous.at <= result.effectiveTime).toBe(true);
      }
    }
    const first = Date.parse(past[0]?.report.createdAt ?? '');
    expect(Date.parse(`${day}T00:00:00.000Z`) - first).toBeGreaterThan(360 * 86_400_000);
  });

  it('has plausible values, mostly within the range, each with its call when critical (V3)', () => {
    const limits = new Map(tests.map((one) => [one.code, one]));
    for (const { testCode, value } of results) {
      const test = limits.get(testCode);
      expect(value.number).toBeGreaterThanOrEqual(test?.plausibleLow ?? Number.NaN);
      expect(value.number).toBeLessThanOrEqual(test?.plausibleHigh ?? Number.NaN);
    }
    const flags = Map.groupBy(results, (one) => one.interpretation);
    expect((flags.get('N')?.length ?? 0) / results.length).toBeGreaterThan(0.8);
    expect((flags.get('H')?.length ?? 0) + (flags.get('L')?.length ?? 0)).toBeGreaterThan(100);
    const critical = results.filter((one) => one.interpretation === 'HH' || one.interpretation === 'LL');
    expect(past.flatMap((one) => one.tasks.map((task) => task.resultId)).sort()).toEqual(
      critical.map((one) => one.id).sort(),
    );
  });

  it('has neighbours in time that resemble each other more than strangers do', () => {
    const measuring = new Patients('s', lab.catalog);
    const random = new Random('resemble');
    const adults = lab.patients
      .filter((one) => one.birthDate.length === 10 && one.birthDate < '2000')
      .slice(0, 60);
    const series = adults.map((patient) =>
      Array.from({ length: 20 }, (_, i) => {
        const at = new Date(Date.parse('2026-01-01T06:00:00Z') + i * 86_400_000).toISOString();
        return measuring.measure(random, patient, ['NA'], at).get('NA')?.value.number ?? Number.NaN;
      }),
    );
    const spread = (list: number[]): number => {
      const mean = list.reduce((a, b) => a + b, 0) / list.length;
      return list.reduce((sum, x) => sum + (x - mean) ** 2, 0) / list.length;
    };
    const within = series.map(spread).reduce((a, b) => a + b, 0) / series.length;
    expect(within).toBeLessThan(0.8 * spread(series.flat()));
    expect(within).toBeGreaterThan(0);
  });
});

describe('demo laboratory', () => {
  it('is the same for the same seed and another for another', () => {
    const again = laboratory({ day });
    expect(again.patients).toEqual(lab.patients);
    expect(again.orders).toEqual(lab.orders);
    expect([...again.history(300)]).toEqual([...lab.history(300)]);
    const other = laboratory({ day, seed: 'other', patients: 30, requisitions: 5 });
    expect(other.patients.map((one) => one.id)).not.toEqual(lab.patients.slice(0, 30).map((one) => one.id));
    expect(other.patients).toHaveLength(30);
    expect(new Set(other.orders.map((one) => one.requisition)).size).toBe(5);
    expect(other.catalog.map((one) => one.code)).toEqual(lab.catalog.map((one) => one.code));
  });

  it('has more patients when asked, record numbers still unique', () => {
    const many = laboratory({ day, patients: 5000 }).patients;
    expect(new Set(many.map((one) => one.identifier)).size).toBe(5000);
    expect(new Set(many.map((one) => one.id)).size).toBe(5000);
  });

  it('gives up when nobody can have been measured', () => {
    const newborn = lab.patients.slice(0, 1);
    const none = { ...laboratory({ day, patients: 1 }), patients: newborn };
    expect(() => none.history(5).next()).toThrow(RangeError);
  });

  it('writes a station file that the station accepts', () => {
    const file = stationFile({
      analysers: { CHEM1: 5001, HEM1: '/dev/ttyS9', COAG1: 5003 },
      printer: 9100,
      server: 8080,
      api: { port: 0, tokenFile: 'api.token' },
    });
    const station = parseStation(JSON.stringify(file));
    expect(station.instruments.map((one) => [one.id, one.transport.kind])).toEqual([
      ['CHEM1', 'tcpServer'],
      ['HEM1', 'serial'],
      ['COAG1', 'tcpServer'],
    ]);
    expect(station.server?.url).toBe('http://127.0.0.1:8080');
    const bare = parseStation(JSON.stringify(stationFile({ analysers: { CHEM1: 1, HEM1: 2, COAG1: 3 } })));
    expect(bare.server).toBeUndefined();
    expect(bare.printers).toEqual([]);
  });
});
