import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReleasePlanRow, ResultRow } from '../../../shared/ipc/results.ts';
import { command, useLiveOne } from '../../data/hooks.ts';
import { formatUnit, formatValueText } from '../../i18n/format.ts';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { Banner } from '../../ui/Layout.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { withdrawUndo } from '../../ui/undo.ts';
import { Value } from '../../ui/Value.tsx';
import { Flag, flagOf, Verdict } from './columns.tsx';

/** Held or critical results named one by one; the others are counted. */
const MOST_NAMED = 6;

export interface Released {
  released: string[];
  stayed: { resultId: string; why: string }[];
}

/** What a release of these rows would do: which go out as they are, which need a comment, which stay. */
export interface Planned {
  now: ResultRow[];
  comment: ResultRow[];
  stays: { row: ResultRow; why: string }[];
  callPending: ResultRow[];
}

/** Sorts rows by what the engine says a release would do. A row the engine has not spoken about yet counts as staying. */
export function planOf(rows: readonly ResultRow[], plan: ReadonlyMap<string, ReleasePlanRow>): Planned {
  const planned: Planned = { now: [], comment: [], stays: [], callPending: [] };
  for (const row of rows) {
    const one = plan.get(row.id);
    if (one === undefined) continue;
    if (one.outcome === 'stays') planned.stays.push({ row, why: one.why });
    else planned[one.outcome].push(row);
    if (one.callPending) planned.callPending.push(row);
  }
  return planned;
}

/** One confirmation for a release, with the facts: how many, how abnormal, whose call is due, what stays and why. */
export function ReleaseDialog({
  planned,
  comment: own,
  onClose,
  onDone,
  onCall,
}: {
  planned: Planned;
  /** The comment that a single result has already. */
  comment: string;
  onClose: () => void;
  onDone: (outcome: Released) => void;
  /** Record the call first. */
  onCall: (row: ResultRow) => void;
}) {
  const { t } = useTranslation('results');
  const server = useLiveOne('strip', {})?.server.state;
  const [comment, setComment] = useState('');
  const [missing, setMissing] = useState(false);
  const { now, comment: held, stays, callPending } = planned;
  const withHeld = comment.trim() !== '';
  const going = withHeld ? [...now, ...held] : now;
  const all = [...now, ...held];
  const count = Math.max(going.length, now.length === 0 ? held.length : 0);
  const firstCall = callPending[0];
  const only = all.length === 1 ? all[0] : undefined;

  const release = async () => {
    // What was asked about went elsewhere meanwhile: there is nothing to do.
    if (all.length === 0) return undefined;
    if (going.length === 0) {
      setMissing(true);
      return 'stay';
    }
    const outcome: Released = { released: [], stayed: [] };
    // The comment belongs to the held ones alone.
    for (const [rows, text] of [
      [now, ''],
      [withHeld ? held : [], comment.trim()],
    ] as const) {
      if (rows.length === 0) continue;
      const done = await command('result.release', { resultIds: rows.map((row) => row.id), comment: text });
      if (!done.ok) return done.error;
      outcome.released.push(...done.value.released);
      outcome.stayed.push(...done.value.stayed);
    }
    // What came before a release cannot be taken back by Ctrl+Z any more.
    withdrawUndo();
    onDone(outcome);
    return undefined;
  };

  const distinct = (of: (row: ResultRow) => string): number => new Set(all.map(of)).size;
  const abnormal = all.filter((row) => row.interpretation !== '' && row.interpretation !== 'N').length;
  const critical = all.filter((row) => row.interpretation === 'HH' || row.interpretation === 'LL');
  const where =
    server === 'online' ? 'online' : server === undefined || server === 'none' ? 'none' : 'offline';
  const named = [...new Set([...held, ...critical])].slice(0, MOST_NAMED);
  const text =
    only === undefined
      ? [
          t('dialog.specimens', { count: distinct((row) => row.specimenId) }),
          t('dialog.patients', { count: distinct((row) => row.patientId) }),
        ].join(', ') +
        `. ${held.length === 0 ? t('dialog.allPassed') : t('dialog.heldAmong', { count: held.length })} ${t('dialog.abnormal', { count: abnormal })}, ${t('dialog.critical', { count: critical.length })}.`
      : `${only.accessionDisplay}.`;
  return (
    <FormDialog
      title={
        all.length === 0
          ? t('dialog.nothing')
          : only === undefined
            ? t('dialog.releaseMany', { count })
            : t('dialog.releaseOne', {
                test: only.testName,
                value: `${formatValueText(only.valueText)} ${formatUnit(only.unit)}`.trim(),
              })
      }
      text={
        <>
          {only === undefined ? null : (
            <>
              <PatientName name={{ text: only.patientName }} />{' '}
            </>
          )}
          {text} {t(`dialog.goes.${where}`, { count: all.length })}
        </>
      }
      confirm={all.length === 0 ? t('seen') : t('dialog.release', { count })}
      buttonFirst={held.length === 0}
      keys={
        firstCall === undefined ? [] : [{ key: 'F10', label: t('keys.call'), run: () => onCall(firstCall) }]
      }
      onConfirm={release}
      onClose={() => onClose()}
    >
      {named.length === 0 ? null : (
        <ul className="lv-named">
          {named.map((row) => (
            <li key={row.id}>
              <span className="lv-named-test">{row.testName}</span>
              <Value text={row.valueText} unit={row.unit} flag={flagOf(row)} />
              <Flag row={row} />
              <span className="lv-grow" />
              {only === undefined ? <PatientName name={{ text: row.patientName }} /> : null}
              <Verdict row={row} />
            </li>
          ))}
          {held.length > named.length ? (
            <li className="lv-caption">{t('dialog.more', { count: held.length - named.length })}</li>
          ) : null}
        </ul>
      )}
      {own === '' || only === undefined ? null : (
        <p className="lv-comment-text">
          <span className="lv-caption">{t('comment.title')}</span> {own}
        </p>
      )}
      {callPending.length === 0 ? null : (
        <Banner
          tone="crit"
          title={t('dialog.callPending', { count: callPending.length })}
          action={
            firstCall === undefined ? undefined : (
              <Button size="bar" keyName="F10" onClick={() => onCall(firstCall)}>
                {t('keys.call')}
              </Button>
            )
          }
        >
          {t('dialog.callPendingText')}
        </Banner>
      )}
      {stays.length === 0 ? null : (
        <ul className="lv-named">
          {stays.slice(0, MOST_NAMED).map(({ row, why }) => (
            <li key={row.id}>
              <State kind="blocked" word={t('dialog.stays', { test: row.testName })} />
              <span className="lv-caption lv-ellipsis">{why}</span>
            </li>
          ))}
          {stays.length > MOST_NAMED ? (
            <li className="lv-caption">{t('dialog.more', { count: stays.length - MOST_NAMED })}</li>
          ) : null}
        </ul>
      )}
      {held.length === 0 ? null : (
        <Field
          label={now.length === 0 ? t('dialog.comment') : t('dialog.commentHeld', { count: held.length })}
          placeholder={t('dialog.commentExample')}
          value={comment}
          data-autofocus
          width="100%"
          error={missing && !withHeld ? t('dialog.commentMissing') : undefined}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  );
}
