import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { RequisitionRow } from '../../../shared/ipc/accession.ts';
import { useNow } from '../../app/useNow.ts';
import { formatTime } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { ageText } from '../../i18n/who.ts';
import { Glyph, type GlyphName } from '../../ui/Glyph.tsx';
import { Facts, Tag } from '../../ui/Layout.tsx';
import { nameText, PatientName } from '../../ui/PatientName.tsx';
import type { Band } from './state.ts';

/** Whose requisition it is, whether that is sure, and what the order says. */
export function PatientBlock({ row, band }: { row: RequisitionRow; band: Band | null }) {
  return (
    <div className="lv-acc-patient">
      <Who row={row} band={band} />
      <IdentityCheck row={row} band={band} />
      <OrderFacts row={row} />
    </div>
  );
}

function Who({ row, band }: { row: RequisitionRow; band: Band | null }) {
  const { t } = useTranslation('accession');
  const { t: ui } = useTranslation('ui');
  const format = useFormat();
  const { patient } = row;
  return (
    <section className="lv-acc-who" aria-label={t('patient.label')}>
      <div className="lv-acc-who-head">
        <span className="lv-caption">{t('patient.label')}</span>
        <span className="lv-grow" />
        {row.priority === 'stat' ? <Tag>{ui('stat')}</Tag> : null}
        {band === null ? null : (
          <span
            className={`lv-acc-badge lv-soft-${band.same ? 'ok' : 'crit'} lv-tone-${band.same ? 'ok' : 'crit'}`}
          >
            <Glyph name={band.same ? 'tick' : 'rejected'} />
            {t(band.same ? 'patient.bandOk' : 'patient.bandWrong')}
          </span>
        )}
      </div>
      <PatientName
        size="title"
        name={{
          family: patient.familyName,
          given: patient.givenName,
          transliteration: patient.transliteration || undefined,
        }}
      />
      {patient.transliteration === '' ? null : (
        <div className="lv-text-2 lv-ellipsis">{patient.transliteration}</div>
      )}
      <div className="lv-acc-who-line">
        <span className="lv-strong">
          {t(`patient.letter.${patient.sex}`)}
          {patient.age === '' ? null : ` · ${ageText(t, patient.age)}`}
        </span>
        <span>
          {patient.birthDate === '' ? t('patient.unknownBirth') : format.birthDate(patient.birthDate)}
        </span>
      </div>
      <div className="lv-acc-who-line lv-text-2">
        <span>
          {t('patient.mrn')} <span className="lv-mono">{patient.identifier}</span>
        </span>
        <span className="lv-ellipsis">{row.ward}</span>
      </div>
    </section>
  );
}

interface Check {
  id: string;
  label: string;
  value: ReactNode;
  glyph: GlyphName;
  tone: 'ok' | 'crit' | 'abn' | 'quiet';
  text: string;
}

function IdentityCheck({ row, band }: { row: RequisitionRow; band: Band | null }) {
  const { t } = useTranslation('accession');
  const checks = useChecks(row, band);
  return (
    <table className="lv-acc-identity">
      <thead>
        <tr>
          <th scope="col">{t('identity.title')}</th>
          <th scope="col" colSpan={2}>
            {t('identity.registry')}
          </th>
        </tr>
      </thead>
      <tbody>
        {checks.map((check) => (
          <tr key={check.id}>
            <th scope="row">{check.label}</th>
            <td className="lv-medium">
              <div className="lv-ellipsis">{check.value}</div>
            </td>
            <td className={`lv-tone-${check.tone}`}>
              <span className="lv-acc-check">
                <Glyph name={check.glyph} />
                <span className="lv-ellipsis">{check.text}</span>
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Each element of the identity: what the registry has, and whether a label can carry it (B1). The band is compared when scanned. */
function useChecks(row: RequisitionRow, band: Band | null): Check[] {
  const { t } = useTranslation('accession');
  const format = useFormat();
  const { patient } = row;
  const good = (id: string, label: string, value: ReactNode, text = t('identity.onLabel')): Check => ({
    id,
    label,
    value,
    glyph: 'tick',
    tone: 'ok',
    text,
  });
  const missing = (id: string, label: string): Check => ({
    id,
    label,
    value: t('identity.unknown'),
    glyph: 'rejected',
    tone: 'crit',
    text: t('identity.missing'),
  });
  const name = nameText({ family: patient.familyName, given: patient.givenName });
  const { birthDate } = patient;
  const whole = birthDate.length === 10;
  const bandCheck: Check =
    band === null
      ? {
          id: 'band',
          label: t('identity.band'),
          value: '',
          glyph: 'ring',
          tone: 'quiet',
          text: t('identity.notScanned'),
        }
      : {
          id: 'band',
          label: t('identity.band'),
          value: <span className="lv-mono">{band.code}</span>,
          glyph: band.same ? 'tick' : 'rejected',
          tone: band.same ? 'ok' : 'crit',
          text: band.same ? t('identity.same', { time: formatTime(band.at) }) : t('identity.other'),
        };
  return [
    name === '' ? missing('name', t('identity.name')) : good('name', t('identity.name'), <bdi>{name}</bdi>),
    patient.identifier === ''
      ? missing('id', t('identity.id'))
      : good('id', t('identity.id'), <span className="lv-mono">{patient.identifier}</span>),
    birthDate === ''
      ? missing('birth', t('identity.birth'))
      : {
          ...good('birth', t('identity.birth'), format.birthDate(birthDate)),
          ...(whole ? {} : { glyph: 'warn' as const, tone: 'abn' as const, text: t('identity.incomplete') }),
        },
    patient.sex === 'unknown'
      ? {
          id: 'sex',
          label: t('identity.sexRow'),
          value: t('identity.unknown'),
          glyph: 'none',
          tone: 'quiet',
          text: t('identity.notOnLabel'),
        }
      : good('sex', t('identity.sexRow'), t(`patient.sex.${patient.sex}`)),
    bandCheck,
  ];
}

/** The requisition's own words, beside the registry's where they differ. */
function OrderFacts({ row }: { row: RequisitionRow }) {
  const { t } = useTranslation('accession');
  const format = useFormat();
  const now = useNow();
  const { patient } = row;
  const drawn = row.tubes.find((tube) => tube.collectedTime !== '');
  const ward =
    row.ward !== '' && patient.ward !== '' && row.ward !== patient.ward
      ? t('order.wardNow', { ward: row.ward, registry: patient.ward })
      : row.ward || t('order.none');
  return (
    <section className="lv-acc-order" aria-label={t('order.title')}>
      <div className="lv-acc-order-head">
        <span className="lv-caption">{t('order.title')}</span>
        <span className="lv-mono">{row.requisition}</span>
      </div>
      <Facts
        rows={[
          { id: 'by', label: t('order.by'), value: row.requester || t('order.none') },
          {
            id: 'at',
            label: t('order.at'),
            value: `${format.when(row.authoredOn, now)} · ${t(row.origin === 'server' ? 'order.server' : 'order.station')}`,
          },
          { id: 'ward', label: t('order.ward'), value: ward },
          ...(row.note === '' ? [] : [{ id: 'note', label: t('order.note'), value: row.note }]),
          ...(drawn === undefined
            ? []
            : [
                {
                  id: 'collected',
                  label: t('order.collected'),
                  value: t('order.collectedBy', {
                    time: format.when(drawn.collectedTime, now),
                    collector: drawn.collector || t('order.none'),
                  }),
                },
              ]),
        ]}
      />
    </section>
  );
}
