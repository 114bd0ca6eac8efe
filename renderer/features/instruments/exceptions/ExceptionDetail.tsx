import { useTranslation } from 'react-i18next';
import type { ExceptionDetailRow } from '../../../../shared/ipc/instruments.ts';
import { useLive } from '../../../data/hooks.ts';
import { engineText } from '../../../i18n/engine.ts';
import { formatUnit } from '../../../i18n/format.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { Button } from '../../../ui/Button.tsx';
import { Pictures } from '../../../ui/Pictures.tsx';
import { State } from '../../../ui/State.tsx';
import { heldWhy } from '../columns.tsx';
import { wayOut } from '../rules.ts';
import { hexRows } from '../wire.ts';
import { HeldMessage } from './HeldMessage.tsx';

/** Bytes in one row of the dump. */
const WIDTH = 12;

export interface ExceptionActs {
  /** The way out itself: F2. */
  act: () => void;
  again: () => void;
  /** F5 tries this again; false while it opens the line again. */
  againKey: boolean;
  reject: () => void;
  /** Why each cannot be done now. */
  actWhy: string | undefined;
  decideWhy: string | undefined;
  /** What else may be said of it, by its key. */
  more: readonly { key: string; label: string; run: () => void; why: string | undefined }[];
}

/** One exception: its bytes with the field at fault, each field as it was read, what would help, and the keys that do it. */
export function ExceptionDetail({
  detail,
  line,
  acts,
  now,
}: {
  detail: ExceptionDetailRow;
  line: string;
  acts: ExceptionActs;
  now: Date;
}) {
  const { t } = useTranslation('instruments');
  const { when } = useFormat();
  const way = wayOut(detail);
  const open = detail.status === 'open';
  const told = (detail.told in toldWords ? detail.told : 'none') as keyof typeof toldWords;
  const next =
    way === 'match' || way === 'again'
      ? t(way === 'match' ? 'detail.matchPosts' : 'detail.againPosts')
      : t(detail.alike > 0 ? 'detail.mapPostsMore' : 'detail.mapPosts', { count: detail.alike });
  return (
    <section className="ins-detail" aria-label={t('detail.label')}>
      <div className="ins-detail-scroll">
        <Arrived detail={detail} />
        <dl className="ins-fields">
          <div>
            <dt>{t('detail.record')}</dt>
            <dd className="lv-mono">{detail.record || t('detail.none')}</dd>
            <dd>
              {open ? (
                <State kind="held" reason={heldWhy(detail, t)} small />
              ) : (
                <State
                  kind={detail.status === 'done' ? 'released' : 'rejected'}
                  word={t(`state.${detail.status}`)}
                  reason={heldWhy(detail, t)}
                  small
                />
              )}
            </dd>
          </div>
          {detail.fields.map((field) => (
            <div key={field.name}>
              <dt>{t(`detail.fields.${field.name}`, { defaultValue: field.name })}</dt>
              <dd className={field.name === 'Value' ? 'lv-strong' : 'lv-mono'}>
                {field.value === '' ? <span className="lv-text-2">{t('detail.none')}</span> : field.value}
              </dd>
              <dd>
                {field.note === '' ? null : (
                  <State
                    kind={field.ok ? 'passed' : 'exception'}
                    word={
                      <bdi className="lv-ellipsis">
                        {field.name === 'Unit'
                          ? field.ok
                            ? formatUnit(field.note)
                            : t('detail.unitUnknown')
                          : noteText(field.name, field.note, when, now)}
                      </bdi>
                    }
                    small
                  />
                )}
              </dd>
            </div>
          ))}
        </dl>
        {open && detail.reason === 'patientOrControl' ? (
          <p className="ins-statement ins-held-why">
            {t('detail.patientOrControl', { sent: detail.sentSpecimen })}
          </p>
        ) : null}
        {detail.decoded === null ? null : <HeldMessage decoded={detail.decoded} why={detail.summary} />}
        <Came taskId={detail.id} />
      </div>
      {open ? (
        <div className="ins-foot">
          <p>
            {t('detail.told', { name: line, told: t(`detail.toldWords.${told}`) })} {next}
          </p>
          {way === 'again' ? null : (
            <Button primary keyName="F2" onClick={acts.act} disabledReason={acts.actWhy}>
              {t(`detail.ways.${way}`, { code: detail.sentTest, unit: formatUnit(detail.sentUnit) })}
            </Button>
          )}
          <Button
            primary={way === 'again'}
            {...(acts.againKey ? { keyName: 'F5' } : {})}
            onClick={acts.again}
            disabledReason={acts.decideWhy}
          >
            {t('detail.again')}
          </Button>
          <Button keyName="Delete" onClick={acts.reject} disabledReason={acts.decideWhy}>
            {t('detail.reject')}
          </Button>
          {acts.more.map((more) => (
            <Button key={more.key} keyName={more.key} onClick={more.run} disabledReason={more.why}>
              {more.label}
            </Button>
          ))}
        </div>
      ) : (
        <div className="ins-foot">
          <p>
            {t('detail.ended', {
              outcome: detail.resolution,
              who: detail.resolvedBy,
              when: detail.resolvedAt === '' ? '' : when(detail.resolvedAt, now),
            })}
          </p>
        </div>
      )}
    </section>
  );
}

/** The pictures that came with the message; nothing when none came. */
function Came({ taskId }: { taskId: string }) {
  const { t } = useTranslation('ui');
  const pictures = useLive('exception.images', { taskId }).rows;
  if (pictures.length === 0) return null;
  return (
    <div className="ins-pictures">
      <h3 className="ins-heading">{t('pictures.title')}</h3>
      <Pictures pictures={pictures} />
    </div>
  );
}

const toldWords = { accepted: true, refused: true, error: true, none: true } as const;

function noteText(name: string, note: string, when: (at: string, now: Date) => string, now: Date): string {
  // The name of a test is the laboratory's own word: only what the engine says of a field is put into the language of the window.
  return name === 'Measured' ? when(note, now) : engineText('note', note);
}

/** The record's bytes, the field at fault marked; its order record instead where the fault is in that. */
function Arrived({ detail }: { detail: ExceptionDetailRow }) {
  const { t } = useTranslation('instruments');
  const place = faultRecord(detail);
  const bytes = detail.raw.slice(place.from, place.to);
  return (
    <>
      <div className="ins-detail-head">
        <h2>{t('detail.arrived')}</h2>
        {bytes === '' ? null : (
          <span className="lv-caption">
            {t('detail.place', { number: detail.messageId, from: place.from, to: place.to - 1 })}
          </span>
        )}
      </div>
      {bytes === '' ? (
        <p className="ins-dump lv-text-2">{t('detail.noBytes')}</p>
      ) : (
        <div className="ins-dump">
          {hexRows(bytes, WIDTH, detail.faultFrom - place.from, detail.faultTo - place.from).map((row) => (
            <div key={row.place} className="ins-dump-row">
              <span>{row.place}</span>
              <span>
                {row.cells.map((cell) => (
                  <span key={cell.at}>
                    <span
                      className={cell.marked ? 'ins-cell-marked' : undefined}
                      data-fault={cell.marked || undefined}
                    >
                      {cell.hex}
                    </span>{' '}
                  </span>
                ))}
              </span>
              <span className="ins-dump-chars">
                {row.cells.map((cell) => (
                  <span
                    key={cell.at}
                    className={cell.control ? 'ins-chip' : cell.marked ? 'ins-cell-marked' : undefined}
                  >
                    {cell.control ? `<${cell.char}>` : cell.char}
                  </span>
                ))}
              </span>
            </div>
          ))}
        </div>
      )}
    </>
  );
}

/** The record that has the field at fault (with its CR), else the result's own. */
export function faultRecord(
  detail: Pick<ExceptionDetailRow, 'raw' | 'rawFrom' | 'rawTo' | 'faultFrom' | 'faultTo'>,
): { from: number; to: number } {
  const { raw, rawFrom, rawTo, faultFrom, faultTo } = detail;
  const outside = faultTo > faultFrom && (faultFrom < rawFrom || faultTo > rawTo);
  const from = outside ? raw.lastIndexOf('\r', faultFrom - 1) + 1 : rawFrom;
  const end = outside ? raw.indexOf('\r', faultFrom) : rawTo;
  const to = end < 0 ? raw.length : end;
  return { from, to: raw[to] === '\r' ? to + 1 : to };
}
