import { IconPrinter } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type {
  AccessionSummaryRow,
  LabelPreviewRow,
  RequisitionRow,
  TubeRow,
} from '../../../shared/ipc/accession.ts';
import type { LabelLayout, RequiredElement } from '../../../shared/labels/model.ts';
import { useLive, useLiveOne } from '../../data/hooks.ts';
import { formatTime } from '../../i18n/format.ts';
import { Button } from '../../ui/Button.tsx';
import { Glyph } from '../../ui/Glyph.tsx';
import { Panel, PanelSection } from '../../ui/Layout.tsx';
import { State } from '../../ui/State.tsx';
import { TubeCap } from '../../ui/TubeCap.tsx';
import { LabelPicture } from './LabelPicture.tsx';
import { JobState } from './LabelState.tsx';

const SHOWN_JOBS = 8;

export interface PanelAct {
  label: string;
  run: () => void;
  disabledReason?: string | undefined;
}

/** Right panel: the label of the tube under the cursor as it is printed, its five elements, the queue, and what F8 does. */
export function LabelPanel({
  row,
  tube,
  printer,
  forward,
  printAgain,
  reject,
}: {
  row: RequisitionRow | undefined;
  tube: TubeRow | undefined;
  printer: AccessionSummaryRow['printer'] | undefined;
  forward: PanelAct;
  printAgain: PanelAct;
  reject: PanelAct;
}) {
  const { t } = useTranslation('accession');
  const specimenId = tube?.specimenId ?? '';
  const preview = useLiveOne('accession.labelPreview', specimenId === '' ? null : { specimenId });
  return (
    <Panel
      label={t('label.panel')}
      width={440}
      foot={
        <>
          <Button
            primary
            size="final"
            keyName="F8"
            onClick={forward.run}
            disabledReason={forward.disabledReason}
          >
            {forward.label}
          </Button>
          <Button keyName="F9" onClick={printAgain.run} disabledReason={printAgain.disabledReason}>
            {printAgain.label}
          </Button>
          <Button keyName="Delete" onClick={reject.run} disabledReason={reject.disabledReason}>
            {reject.label}
          </Button>
        </>
      }
    >
      <Preview row={row} tube={tube} preview={preview} />
      {tube === undefined || preview === undefined ? null : <Elements tube={tube} layout={preview.layout} />}
      <Queue printer={printer} />
    </Panel>
  );
}

function Preview({
  row,
  tube,
  preview,
}: {
  row: RequisitionRow | undefined;
  tube: TubeRow | undefined;
  preview: LabelPreviewRow | undefined;
}) {
  const { t } = useTranslation('accession');
  const layout = preview?.layout;
  const count = Math.max(tube?.tubeCount ?? 0, row?.tubes.length ?? 0);
  return (
    <>
      <div className="lv-acc-label-head">
        <span className="lv-strong">
          {tube === undefined ? t('label.none') : t('label.of', { index: tube.tubeIndex, count })}
        </span>
        {layout?.verdict === 'ready' ? (
          <span className="lv-text-2">{t('label.size', { dpi: layout.dpi })}</span>
        ) : null}
      </div>
      <div className="lv-acc-tray">
        {layout === undefined || tube === undefined ? (
          <div className="lv-acc-label lv-acc-label-empty">
            {t(row === undefined ? 'label.nothing' : 'label.noneText')}
          </div>
        ) : layout.verdict === 'ready' ? (
          <div className="lv-acc-label">
            <LabelPicture label={layout} name={t('label.picture', { display: tube.accessionDisplay })} />
          </div>
        ) : (
          <div className="lv-acc-label lv-acc-label-empty">
            <span className="lv-acc-label-blocked">
              <State kind="blocked" word={t('label.blockedTitle')} strong />
              <span>
                {layout.missing.length > 0
                  ? t('label.blockedText', {
                      missing: layout.missing.map((one) => t(`label.missing.${one}`)).join(', '),
                    })
                  : layout.because.map((one) => one.text).join(' ')}
              </span>
            </span>
          </div>
        )}
      </div>
    </>
  );
}

/** B1: the five elements, each there or not. */
function Elements({ tube, layout }: { tube: TubeRow; layout: LabelLayout }) {
  const { t } = useTranslation('accession');
  const missing: readonly RequiredElement[] = layout.verdict === 'blocked' ? layout.missing : [];
  const complete = layout.verdict === 'ready';
  const rows: [RequiredElement, string][] = [
    ['patient name', t('label.name')],
    ['patient id', t('label.id')],
    ['birth date', t('label.birth')],
    [
      'collection time',
      tube.collectedTime === ''
        ? t('label.collectedNone')
        : t('label.collected', { time: formatTime(tube.collectedTime) }),
    ],
    ['collector', t('label.collector')],
    ['accession number', t('label.code')],
  ];
  return (
    <PanelSection>
      <div className="lv-panel-head">
        <h2>{t('label.five')}</h2>
        <span className="lv-grow" />
        <span className={`lv-acc-check lv-tone-${complete ? 'ok' : 'crit'}`}>
          <Glyph name={complete ? 'tick' : 'blocked'} />
          <span className="lv-medium">{t(complete ? 'label.complete' : 'label.incomplete')}</span>
        </span>
      </div>
      <ul className="lv-acc-elements">
        {rows.map(([element, text]) => {
          const lacks = missing.includes(element);
          return (
            <li key={element} className="lv-acc-check">
              <span className={`lv-tone-${lacks ? 'crit' : 'ok'}`}>
                <Glyph name={lacks ? 'rejected' : 'tick'} />
              </span>
              <span className={lacks ? 'lv-tone-crit' : undefined}>{text}</span>
            </li>
          );
        })}
      </ul>
    </PanelSection>
  );
}

function Queue({ printer }: { printer: AccessionSummaryRow['printer'] | undefined }) {
  const { t } = useTranslation('accession');
  const { rows, state } = useLive('accession.printQueue', {});
  const shown = rows.slice(0, SHOWN_JOBS);
  const rest = rows.slice(SHOWN_JOBS).filter((job) => job.state !== 'printed').length;
  return (
    <section className="lv-acc-queue" aria-label={t('queue.title')}>
      <div className="lv-acc-queue-head">
        <IconPrinter size={16} stroke={1.6} aria-hidden="true" />
        <h2>{t('queue.title')}</h2>
        <span className="lv-grow" />
        {printer === undefined ? null : printer.state === 'ready' ? (
          <State kind="lineReady" word={t('queue.ready', { name: printer.name })} strong />
        ) : printer.state === 'failed' ? (
          <State kind="noAnswer" word={t('queue.failed', { name: printer.name })} strong />
        ) : (
          <State kind="notEvaluated" word={t('queue.none')} reason={t('queue.noneText')} />
        )}
      </div>
      {printer?.state === 'failed' && printer.why !== '' ? (
        <p className="lv-acc-queue-why">{printer.why}</p>
      ) : null}
      {shown.map((job) => (
        <div key={job.id} className="lv-acc-job">
          <span className="lv-mono">{job.accessionDisplay}</span>
          <TubeCap cap={job.cap} />
          <JobState job={job} />
        </div>
      ))}
      {rest > 0 ? <div className="lv-acc-job lv-text-2">{t('queue.more', { count: rest })}</div> : null}
      {rows.length === 0 && state === 'live' ? <p className="lv-acc-queue-why">{t('queue.empty')}</p> : null}
    </section>
  );
}
