import type { HumanName, Identifier, Patient } from 'fhir/r4';
import type { PatientDoc } from '../documents/index.ts';
import { nameKeyOf } from '../domain/names.ts';
import { lossless } from './mapping.ts';
import {
  concept,
  docIdOf,
  fieldsOf,
  fieldText,
  identifierOf,
  oneOf,
  ourId,
  ourMeta,
  refer,
  some,
} from './parts.ts';
import { NAME_REPRESENTATION, SYSTEM } from './systems.ts';

export { nameKeyOf };

/** PatientDoc and FHIR Patient. The medical record number is the identifier of type MR; a Latin form of the name is a second name. */
export const patientMapping = lossless<PatientDoc, Patient>(
  (doc, context) => {
    const names: HumanName[] = [];
    if (doc.familyName !== '' || doc.givenName !== '') {
      names.push({
        use: 'official',
        family: some(doc.familyName),
        given: doc.givenName === '' ? [] : [doc.givenName],
      });
    }
    if (doc.transliteration !== '') {
      names.push({
        extension: [{ url: NAME_REPRESENTATION, valueCode: 'ABC' }],
        use: 'usual',
        text: doc.transliteration,
      });
    }
    const record: Identifier = {
      use: 'usual',
      type: concept(SYSTEM.identifierType, 'MR'),
      system: some(doc.identifierSystem),
      value: some(doc.identifier),
    };
    return {
      resourceType: 'Patient',
      meta: ourMeta(context),
      extension: fieldsOf({ ward: doc.ward }),
      identifier: [ourId(doc.id), ...(doc.identifier + doc.identifierSystem === '' ? [] : [record])],
      name: names,
      gender: doc.sex,
      birthDate: some(doc.birthDate),
      link:
        doc.mergedInto === ''
          ? []
          : [{ other: refer(context, 'patients', doc.mergedInto) ?? {}, type: 'replaced-by' }],
    };
  },
  (resource, context, local) => {
    const record = recordNumber(resource.identifier);
    const latin = resource.name?.find(isLatin);
    const name =
      resource.name?.find((item) => item.use === 'official' && item !== latin) ??
      resource.name?.find((item) => item !== latin && item.use !== 'old' && item.use !== 'maiden');
    const given = name?.given?.join(' ') ?? '';
    const content = {
      identifier: record?.value ?? '',
      identifierSystem: record?.system ?? '',
      familyName: name?.family ?? (given === '' ? (name?.text ?? '') : ''),
      givenName: given,
      transliteration: latin === undefined ? '' : (latin.text ?? joined(latin)),
    };
    const replaced = resource.link?.find((link) => link.type === 'replaced-by');
    return {
      ...local,
      ...content,
      sex: oneOf(resource.gender, ['male', 'female', 'other', 'unknown'], 'unknown'),
      birthDate: resource.birthDate ?? '',
      ward: fieldText(resource, 'ward'),
      mergedInto: docIdOf(context, 'patients', replaced?.other),
      nameKey: nameKeyOf(content),
    };
  },
);

function recordNumber(list: Identifier[] | undefined): Identifier | undefined {
  const others = list?.filter((item) => item.system !== SYSTEM.id) ?? [];
  return (
    others.find((item) => item.type?.coding?.some((coding) => coding.code === 'MR')) ??
    others.find((item) => item.use === 'usual' || item.use === 'official') ??
    others[0]
  );
}

function isLatin(name: HumanName): boolean {
  return (
    name.extension?.some((item) => item.url === NAME_REPRESENTATION && item.valueCode === 'ABC') ?? false
  );
}

function joined(name: HumanName): string {
  return [...(name.given ?? []), name.family ?? ''].filter((part) => part !== '').join(' ');
}

/** Our document id in a Patient; empty when another system made it. */
export function patientDocId(resource: Patient): string {
  return identifierOf(resource.identifier, SYSTEM.id);
}
