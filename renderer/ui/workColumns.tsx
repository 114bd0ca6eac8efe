/** Columns that lists of specimens and requisitions have in common: which tube, whose, what of. */
import type { TFunction } from 'i18next';
import { shortAccession } from '../../shared/domain/accession-number.ts';
import type { GridColumn } from './Grid.tsx';
import { Tag } from './Layout.tsx';
import { PatientName } from './PatientName.tsx';
import { TubeCap } from './TubeCap.tsx';

type Placed = Pick<GridColumn<unknown>, 'title' | 'width'> & { padLeft?: number; grow?: number };

interface Tube {
  cap: string;
  accessionDisplay: string;
  accessionIdentifier: string;
  priority: string;
}

/** The tube: its cap, the short number with the whole one at hand, and STAT. `ui`: the texts of `ui`. */
export function specimenColumn<Row extends Tube>(place: Placed, ui: TFunction<'ui'>): GridColumn<Row> {
  return {
    id: 'specimen',
    ...place,
    render: (row) => (
      <>
        <TubeCap cap={row.cap} />
        <span className="lv-mono" title={row.accessionDisplay}>
          {shortAccession(row.accessionIdentifier)}
        </span>
        {row.priority === 'stat' ? <Tag>{ui('stat')}</Tag> : null}
      </>
    ),
  };
}

/** The patient's name as it is written, with how it is spoken where that is known. */
export function patientColumn<Row extends { patientName: string; transliteration: string }>(
  place: Placed,
): GridColumn<Row> {
  return {
    id: 'patient',
    grow: 1,
    ...place,
    render: (row) => (
      <PatientName name={{ text: row.patientName, transliteration: row.transliteration || undefined }} />
    ),
  };
}

/** The panels that were ordered, in one line. */
export function panelsColumn<Row extends { panels: string }>(place: Placed): GridColumn<Row> {
  return {
    id: 'panels',
    grow: 1,
    ...place,
    render: (row) => (
      <span className="lv-ellipsis" title={row.panels}>
        {row.panels}
      </span>
    ),
  };
}
