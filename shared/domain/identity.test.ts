import { describe, expect, it } from 'vitest';
import { namesAnotherPatient } from './identity.ts';

const patient = {
  identifier: '0044102387',
  familyName: 'Nguyễn',
  givenName: 'Thị Hương',
  transliteration: 'Nguyen, Thi Huong',
};
const asked = (ids: string[], family: string, given = '') =>
  namesAnotherPatient({ ids, family, given }, patient, ['26100T10001A', 'REQ-1']);

describe('R4 the patient a message names', () => {
  it.each([
    ['another id and another name', ['999'], 'Byrne', 'Anna', true],
    ['another id, the given name alone is the same', ['999'], 'Byrne', 'Thi', true],
    ['our id, another name', ['44102387'], 'Byrne', 'Anna', false],
    ['one of two ids is ours', ['999', '0044102387'], 'Byrne', 'Anna', false],
    ['the number of the specimen', ['26100-T1-0001A'], 'Byrne', 'Anna', false],
    ['the number of the requisition', ['req1'], 'Byrne', 'Anna', false],
    ['another id, our name without accents', ['999'], 'NGUYEN', 'THI HUONG', false],
    ['another id, our name swapped', ['999'], 'Thi Huong', 'Nguyen', false],
    ['another id, our name cut off', ['999'], 'Nguye', '', false],
    ['another id and no name', ['999'], '', '', false],
    ['another id and no real name', ['999'], 'Unknown', 'Patient', false],
    ['another id and an unreadable name', ['999'], '???', '', false],
    ['no id, another name', [], 'Byrne', 'Anna', false],
  ])('R4 %s', (_, ids, family, given, expected) => {
    expect(asked(ids, family, given)).toBe(expected);
  });

  it('R4 a message that names nobody names nobody else', () => {
    expect(namesAnotherPatient(undefined, patient, [])).toBe(false);
  });
});
