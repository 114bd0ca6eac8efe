import type { PatientDoc } from '../../../shared/documents/patient.ts';
import type { SpecimenDoc } from '../../../shared/documents/specimen.ts';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import { displayName } from '../../../shared/domain/names.ts';
import { labelDate, labelTime } from '../../../shared/labels/format.ts';
import { layoutLabel } from '../../../shared/labels/layout.ts';
import type { LabelLayout, LabelModel } from '../../../shared/labels/model.ts';
import type { Bench } from '../bench.ts';
import { refuse } from '../faults.ts';
import { labelPdf } from './label-pdf.ts';
import { rasteriseText } from './label-raster.ts';

type Where = Pick<Bench, 'station'>;

/** What the label of a specimen says. */
export function labelModelOf(bench: Where, patient: PatientDoc, specimen: SpecimenDoc): LabelModel {
  const { name, transliteration } = displayName(patient);
  const sex = { male: 'M', female: 'F', other: 'X', unknown: '' }[patient.sex];
  return {
    patientName: patient.familyName === '' && patient.givenName === '' ? '' : name,
    ...(transliteration === '' ? {} : { patientNameLatin: transliteration }),
    patientId: patient.identifier,
    birthDate: labelDate(patient.birthDate),
    ...(sex === '' ? {} : { sex }),
    collected: specimen.collectedTime === '' ? '' : labelTime(specimen.collectedTime, bench.station.timeZone),
    collector: specimen.collector,
    accession: specimen.accessionIdentifier,
    accessionText: formatAccession(specimen.accessionIdentifier),
    tube: specimen.container,
    position: { index: specimen.tubeIndex, of: specimen.tubeCount },
    tests: specimen.testCodes,
    stat: specimen.priority === 'stat',
  };
}

/** What stands against printing a specimen's label (B1, B2), a sentence each; empty when it may be printed. */
export function labelFaults(bench: Where, patient: PatientDoc, specimen: SpecimenDoc): string[] {
  const layout = layoutOf(bench, patient, specimen, bench.station.printers[0]?.dpi ?? 203);
  return layout.verdict === 'ready' ? [] : layout.because.map((reason) => reason.text);
}

/** Lays a specimen's label out for a printer of so many dots per inch. */
export function layoutOf(bench: Where, patient: PatientDoc, specimen: SpecimenDoc, dpi: number): LabelLayout {
  return layoutLabel(labelModelOf(bench, patient, specimen), dpi, rasteriseText);
}

/** The label as a PDF page. Throws `label.incomplete` when an element is missing. */
export async function labelPdfOf(bench: Bench, specimen: SpecimenDoc): Promise<Uint8Array> {
  const patient = await bench.store.get('patients', specimen.patientId);
  if (patient === undefined)
    throw refuse('patient.unknown', 'The patient of this specimen is not here.', 'Sync, then try again.');
  const layout = layoutOf(bench, patient, specimen, 203);
  if (layout.verdict === 'blocked') {
    throw refuse(
      'label.incomplete',
      layout.because.map((reason) => reason.text).join(' '),
      'Complete it, then print.',
    );
  }
  return labelPdf([layout], specimen.createdAt);
}
