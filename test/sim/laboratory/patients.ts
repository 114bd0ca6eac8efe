import type { PatientDoc } from '../../../shared/documents/patient.ts';
import { nameKeyOf } from '../../../shared/domain/names.ts';
import { type NamePool, namePools } from './names.ts';
import { Random } from './random.ts';
import { stored } from './stored.ts';

/** Naming system of the hospital's medical record numbers. */
export const MRN_SYSTEM = 'urn:oid:2.16.372.1.9999.4410';

const wards = ['Ward 2A', 'Ward 3C', 'Ward 6B', 'ICU', 'Emergency', 'Outpatients', 'Day ward', 'Oncology'];
const childWards = ['Paediatrics', 'Children’s emergency'];
const DAY = 86_400_000;

interface Part {
  native: string;
  latin: string;
}

function part(text: string): Part {
  const [native = '', latin = ''] = text.split('|');
  return { native, latin };
}

function familyFor(text: string, woman: boolean): Part {
  const [first = '', second] = text.split('/');
  return part(woman && second !== undefined ? second : first);
}

/**
 * Invented patients of St Brigid's, newborn to 100 years at `day`, in 12 scripts. About one in 25 has no known sex, one in 25 a birth date without
 * day, one in 50 only a year, one in 50 none. Names and record numbers are unique up to about 3000 patients; beyond that names repeat, record numbers do not.
 * @param day `YYYY-MM-DD`, "today" of the laboratory.
 */
export function patients(seed: string, day: string, count = 200): PatientDoc[] {
  const random = new Random(`${seed}/patients`);
  const pools = namePools.flatMap((pool) => Array<NamePool>(pool.weight).fill(pool));
  const today = Date.parse(`${day}T00:00:00.000Z`);
  const taken = new Set<string>();
  return Array.from({ length: count }, (_, i) => {
    // Every script is there however few patients are asked for.
    const pool = i < namePools.length ? (namePools[i] ?? random.pick(pools)) : random.pick(pools);
    const woman = random.chance(0.52);
    let family = familyFor(random.pick(pool.families), woman);
    let given = part(random.pick(woman ? pool.women : pool.men));
    for (let tries = 0; tries < 40 && taken.has(`${family.native} ${given.native}`); tries++) {
      family = familyFor(random.pick(pool.families), woman);
      given = part(random.pick(woman ? pool.women : pool.men));
    }
    if (taken.has(`${family.native} ${given.native}`)) {
      const second = part(random.pick(woman ? pool.women : pool.men));
      given = { native: `${given.native} ${second.native}`, latin: `${given.latin} ${second.latin}`.trim() };
    }
    const ageDays = ageInDays(random, i);
    if (ageDays < 28 && random.chance(0.6)) given = babyName(woman, family);
    taken.add(`${family.native} ${given.native}`);
    const known = Math.min(ageDays, random.int(1, 330));
    const createdAt = new Date(
      today - known * DAY + (known === 0 ? 0 : random.int(0, DAY - 1)),
    ).toISOString();
    const transliteration = family.latin === '' ? '' : `${family.latin} ${given.latin}`.trim();
    const identity = {
      identifier: `4410${String(100_000 + ((i * 7919 + 2387) % 900_000)).padStart(6, '0')}`,
      familyName: family.native,
      givenName: given.native,
      transliteration,
    };
    const sure = ageDays < 28 || i < 8;
    return {
      ...stored(random.uuid(), createdAt),
      ...identity,
      identifierSystem: MRN_SYSTEM,
      sex:
        !sure && random.chance(0.04)
          ? random.chance(0.25)
            ? 'other'
            : 'unknown'
          : woman
            ? 'female'
            : 'male',
      birthDate: birthDate(random, today - ageDays * DAY, sure),
      ward: ageDays < 28 ? 'Neonatal unit' : random.pick(ageDays < 18 * 365 ? childWards : wards),
      mergedInto: '',
      nameKey: nameKeyOf(identity),
    };
  });
}

/** A newborn without a given name yet. */
function babyName(woman: boolean, family: Part): Part {
  const native = `baby ${woman ? 'girl' : 'boy'}`;
  return { native, latin: family.latin === '' ? '' : native };
}

/** The first ones fix the ends: newborns and a hundred years; then mostly adults, older ones more often. */
function ageInDays(random: Random, i: number): number {
  if (i === 0) return 0;
  if (i === 1) return 2;
  if (i === 2) return Math.round(100 * 365.25);
  const kind = random.next();
  if (kind < 0.05) return random.int(0, 27);
  if (kind < 0.09) return random.int(28, 700);
  if (kind < 0.18) return random.int(701, 18 * 365);
  return Math.round(365.25 * (18 + 76 * (1 - (1 - random.next()) ** 1.6) ** 0.8));
}

function birthDate(random: Random, at: number, sure: boolean): string {
  const full = new Date(at).toISOString().slice(0, 10);
  const kind = random.next();
  if (sure || kind > 0.08) return full;
  if (kind < 0.02) return '';
  return kind < 0.04 ? full.slice(0, 4) : full.slice(0, 7);
}
