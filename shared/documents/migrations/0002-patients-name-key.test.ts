import { describe, expect, it } from 'vitest';
import { nameKeyOf } from '../../domain/names.ts';
import { patientsNameKey } from './0002-patients-name-key.ts';
import { migrations } from './index.ts';

const patient = {
  id: 'p1',
  identifier: 'MRN 4410',
  familyName: 'Nguyễn',
  givenName: 'Thị Hương',
  transliteration: 'Nguyen Thi Huong',
  birthDate: '1986-02-11',
};

describe('migration 0002: patients get nameKey', () => {
  it('adds the key a search uses and keeps everything else', () => {
    const after = patientsNameKey.migrate('patients', patient);
    expect(after).toEqual({ ...patient, nameKey: nameKeyOf(patient) });
    expect(after.nameKey).toContain('nguyen');
  });

  it('leaves patients that have one, and other collections, as they are', () => {
    const done = { ...patient, nameKey: 'kept' };
    expect(patientsNameKey.migrate('patients', done)).toEqual(done);
    expect(patientsNameKey.migrate('orders', patient)).toEqual(patient);
  });

  it('can be repeated', () => {
    const once = patientsNameKey.migrate('patients', patient);
    expect(patientsNameKey.migrate('patients', once)).toEqual(once);
  });

  it('copes with missing names', () => {
    expect(patientsNameKey.migrate('patients', { id: 'p2' })).toEqual({
      id: 'p2',
      nameKey: expect.any(String),
    });
  });

  it('migrations are numbered from 2 without gaps', () => {
    expect(migrations.map((migration) => migration.version)).toEqual(migrations.map((_, i) => i + 2));
  });
});
