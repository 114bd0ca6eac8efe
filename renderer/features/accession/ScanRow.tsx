import type { Ref } from 'react';
import { useTranslation } from 'react-i18next';
import type { RequisitionRow } from '../../../shared/ipc/accession.ts';
import { engineText } from '../../i18n/engine.ts';
import { formatTime } from '../../i18n/format.ts';
import { Glyph, type GlyphName } from '../../ui/Glyph.tsx';
import { nameText } from '../../ui/PatientName.tsx';
import { ScanBox } from '../../ui/ScanBox.tsx';
import type { Tone } from '../../ui/State.tsx';
import type { Notice } from './state.ts';

/** The scan box and, beside it, what the last scan was and what comes next. */
export function ScanRow({
  code,
  notice,
  row,
  onCode,
  ref,
}: {
  code: string;
  notice: Notice | null;
  row: RequisitionRow | undefined;
  onCode: (code: string) => void;
  ref: Ref<HTMLInputElement>;
}) {
  const { t } = useTranslation('accession');
  const said = useSaid(notice, row);
  return (
    <div className="lv-acc-scan">
      <ScanBox ref={ref} label={t('scan.label')} value={code} onSubmit={onCode} />
      <div className="lv-acc-said" role={said.tone === 'crit' ? 'alert' : 'status'}>
        <div className="lv-acc-said-line">
          {said.glyph === null ? null : (
            <span className={`lv-tone-${said.tone}`}>
              <Glyph name={said.glyph} size={14} />
            </span>
          )}
          <span className={`lv-strong lv-ellipsis lv-tone-${said.tone}`}>{said.title}</span>
          {said.facts === '' ? null : <span className="lv-text-2 lv-ellipsis">{said.facts}</span>}
        </div>
        <div className="lv-caption lv-acc-said-more">{said.more}</div>
      </div>
    </div>
  );
}

interface Said {
  glyph: GlyphName | null;
  tone: Tone;
  title: string;
  facts: string;
  more: string;
}

function useSaid(notice: Notice | null, row: RequisitionRow | undefined): Said {
  const { t } = useTranslation('accession');
  const { t: ui } = useTranslation('ui');
  const ok = (title: string, more: string, facts = ''): Said => ({
    glyph: 'tick',
    tone: 'ok',
    title,
    facts,
    more,
  });
  const bad = (title: string, more: string): Said => ({
    glyph: 'rejected',
    tone: 'crit',
    title,
    facts: '',
    more,
  });
  const found = (): Said => {
    if (row === undefined)
      return { glyph: null, tone: 'text', title: t('scan.hint'), facts: '', more: t('scan.hintMore') };
    const facts = [
      t('scan.foundTubes', { count: row.tubes.length }),
      t('scan.foundOrders', { count: row.orders.length }),
      ...(row.priority === 'stat' ? [ui('stat')] : []),
    ].join(', ');
    return ok(t('scan.found'), t('scan.foundMore'), facts);
  };
  if (notice === null) return found();
  switch (notice.kind) {
    case 'requisition':
      return found();
    case 'received': {
      const count =
        row?.tubes.filter((tube) => tube.status === 'expected' || tube.status === 'planned').length ?? 0;
      return ok(t('scan.received', { display: notice.display }), t('scan.receivedMore', { count }));
    }
    case 'alreadyReceived':
      return {
        glyph: 'warn',
        tone: 'abn',
        title: t('scan.already', { display: notice.display, time: formatTime(notice.at) }),
        facts: '',
        more: t('scan.alreadyMore'),
      };
    case 'band':
      return ok(t('scan.bandSame'), t('scan.bandSameMore', { id: row?.patient.identifier ?? '' }));
    case 'otherBand':
      return bad(
        t('scan.bandOther', {
          name: nameText({ family: notice.patient.familyName, given: notice.patient.givenName }),
        }),
        t('scan.bandOtherMore'),
      );
    case 'wrong': {
      const more = { product: 'productMore', brokenTube: 'brokenTubeMore', unknown: 'unknownMore' } as const;
      return bad(
        t(`scan.${notice.is}`, { code: notice.code }),
        t(`scan.${more[notice.is]}`, { text: notice.text }),
      );
    }
    case 'noOrder':
      return {
        glyph: 'none',
        tone: 'quiet',
        title: t('scan.noOrder', {
          name: nameText({ family: notice.patient.familyName, given: notice.patient.givenName }),
        }),
        facts: '',
        more: t('scan.noOrderMore'),
      };
    case 'error':
      return bad(
        engineText('errors', notice.error.what),
        `${engineText('errors', notice.error.safe)} ${engineText('errors', notice.error.todo)}`,
      );
  }
}
