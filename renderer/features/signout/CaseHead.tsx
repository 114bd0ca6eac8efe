import { useTranslation } from 'react-i18next';
import type { CaseDetailRow } from '../../../shared/ipc/signout.ts';
import { useNow } from '../../app/useNow.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { whoText } from '../../i18n/who.ts';
import { Tag } from '../../ui/Layout.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { shortAccession, syncKinds } from './words.ts';

/** Whose report it is: who, born, number; ward, requester, specimens. */
export function CaseHead({ detail }: { detail: CaseDetailRow }) {
  const { t } = useTranslation('signout');
  const now = useNow();
  const f = useFormat();
  const { patient } = detail;
  const specimens = detail.specimens.map((one) => {
    const drawn = one.collectedTime === '' ? '' : `, ${t('drawn', { time: f.when(one.collectedTime, now) })}`;
    return `${one.typeDisplay} ${shortAccession(one.accessionDisplay)}${drawn}`;
  });
  const from = [detail.ward, detail.requester].filter(Boolean).join(', ');
  return (
    <header className="so-head">
      <div className="so-head-line">
        <PatientName
          size="title"
          transliteration
          name={{
            family: patient.familyName,
            given: patient.givenName,
            transliteration: patient.transliteration,
          }}
        />
        <span className="lv-strong so-nowrap">
          {whoText(t, { sex: detail.sex, age: patient.age }, ' · ')}
        </span>
        <span className="lv-text-2 so-nowrap">{f.birthDate(patient.birthDate)}</span>
        <span className="lv-text-2 so-nowrap">
          {t('mrn')} <span className="lv-mono">{patient.identifier}</span>
        </span>
        <span className="lv-grow" />
        {detail.priority === 'stat' ? <Tag>{t('ui:stat')}</Tag> : null}
        <State kind={syncKinds[detail.syncState]} small />
      </div>
      <div className="so-head-from" title={specimens.join(' · ')}>
        {[from, ...specimens].filter(Boolean).join(' · ')}
      </div>
    </header>
  );
}
