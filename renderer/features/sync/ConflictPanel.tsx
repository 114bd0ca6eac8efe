import { type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { ConflictRow, SyncRecordRow } from '../../../shared/ipc/sync.ts';
import { useScreenKeys } from '../../app/keys.ts';
import { goTo } from '../../app/navigation.ts';
import { command } from '../../data/hooks.ts';
import { engineText } from '../../i18n/engine.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/Button.tsx';
import { confirm } from '../../ui/confirm.ts';
import { Glyph } from '../../ui/Glyph.tsx';
import { Keycap } from '../../ui/Keycap.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { Side } from './Side.tsx';
import { fieldWord, kindWord, splitFields, titleWord, valueWord } from './words.ts';

/** Fields whose two sides have a digit each. */
const WITH_DIGITS = 4;
const none: ReadonlySet<string> = new Set();
/** Fields alike that are named one by one. */
const MOST_ALIKE = 6;

/** A conflict field by field: what is here, what the server has, which of them is kept. Fields not chosen take the server's. */
export function ConflictPanel({
  conflict,
  record,
  place,
  now,
  focused,
  onLater,
  children,
}: {
  conflict: ConflictRow;
  record: SyncRecordRow;
  /** Which of how many conflicts. */
  place: { at: number; count: number };
  now: Date;
  /** The focus is in the panel: digits choose a side. */
  focused: boolean;
  onLater: () => void;
  /** What stands below: the rules, the line to the server. */
  children: ReactNode;
}) {
  const { t } = useTranslation('sync');
  const format = useFormat();
  const when = (at: string): string => format.when(at, now);
  // A choice is between two values that were seen: when one of them changes, it has to be made again.
  const seen = JSON.stringify(conflict.fields);
  const [chosen, setChosen] = useState<{ of: string; here: ReadonlySet<string> }>({ of: seen, here: none });
  const stale = chosen.of !== seen;
  const here = stale ? none : chosen.here;
  const latest = useRef(seen);
  latest.current = seen;
  const { differ, alike } = splitFields(conflict);
  const kind = kindWord(t, conflict.collection);
  const show = (name: string, value: string): string =>
    valueWord(t, name, value, when, format.language) || t('conflict.notGiven');
  const choose = (name: string, side: 'here' | 'server'): void =>
    setChosen((before) => {
      const next = new Set(before.of === seen ? before.here : none);
      if (side === 'here') next.add(name);
      else next.delete(name);
      return { of: seen, here: next };
    });

  const decide = async (keepHere: readonly string[]): Promise<PlainError | undefined> => {
    const { collection, docId } = conflict;
    if (latest.current !== seen)
      return {
        code: 'sync.changed',
        what: t('conflict.changed'),
        safe: t('conflict.changedSafe'),
        todo: t('conflict.changedTodo'),
      };
    const { fields } = conflict;
    const outcome = await command('sync.decide', {
      collection,
      docId,
      keepHere: [...keepHere],
      seen: fields,
    });
    if (!outcome.ok) return outcome.error;
    announce(t('conflict.done'));
    return undefined;
  };
  const keep = (keepHere: ReadonlySet<string>): void => {
    void confirm({
      title: t('conflict.ask'),
      text: conflict.deleted ? t('conflict.deletedText') : t('conflict.askText'),
      facts: differ.map((field) => ({
        label: fieldWord(t, field.name),
        value: keepHere.has(field.name)
          ? t('conflict.fromHere', { value: show(field.name, field.here) })
          : t('conflict.fromServer', { value: show(field.name, field.server) }),
      })),
      confirm: t('conflict.askKeep'),
      act: () => decide([...keepHere]),
    }).then((done) => {
      // The panel shows another record now: the work goes on in the list.
      if (done) onLater();
    });
  };
  const forward = conflict.signed ? undefined : () => keep(here);
  useScreenKeys([
    ...(forward === undefined
      ? [{ key: 'F8', label: t('conflict.openTasks'), run: () => goTo('tasks'), primary: true }]
      : [
          {
            key: 'F8',
            label: t(conflict.deleted ? 'keys.keepHere' : 'keys.keep'),
            run: forward,
            primary: true,
          },
        ]),
    ...(conflict.signed || conflict.deleted
      ? []
      : [{ key: 'Alt+S', label: t('keys.allServer'), run: () => keep(new Set()), strip: false }]),
    ...(focused ? [{ key: 'Escape', label: t('keys.later'), run: onLater, group: 0 }] : []),
    ...(focused && !conflict.signed
      ? differ.slice(0, WITH_DIGITS).flatMap((field, index) =>
          (['here', 'server'] as const).map((side, second) => ({
            key: String(index * 2 + second + 1),
            label: t('keys.side'),
            run: () => choose(field.name, side),
            caps: ['1', '–', String(Math.min(differ.length, WITH_DIGITS) * 2)],
            strip: index === 0 && second === 0,
            palette: false,
            group: 0,
          })),
        )
      : []),
  ]);

  return (
    <>
      <div className="sync-conflict-head lv-soft-held">
        <span className="lv-tone-held lv-row">
          <Glyph name="held" size={14} />
          <h2>{t('conflict.title')}</h2>
        </span>
        <span className="lv-tone-held lv-strong">{t('conflict.place', place)}</span>
        <span className="lv-text-2 lv-ellipsis">
          {t(conflict.signed ? 'conflict.signed' : conflict.deleted ? 'conflict.deleted' : 'conflict.both', {
            kind: kind.charAt(0).toUpperCase() + kind.slice(1),
          })}
        </span>
        <span className="lv-grow" />
        <Keycap keyName="Tab" />
      </div>
      <div className="lv-panel-scroll">
        <div className="lv-panel-section">
          {conflict.patientName === '' ? null : (
            <PatientName name={{ text: conflict.patientName }} size="title" />
          )}
          <div className="lv-row">
            <span className="lv-strong">{titleWord(t, record)}</span>
            <span className="lv-mono">{record.accessionDisplay}</span>
          </div>
          <p className="lv-caption">
            {conflict.foundAt === '' ? '' : t('conflict.found', { when: when(conflict.foundAt) })}{' '}
            {engineText('sync', conflict.why)}
          </p>
          {stale ? (
            <p role="status">
              <State kind="warning" word={t('conflict.changed')} small />
            </p>
          ) : null}
        </div>
        {conflict.signed || conflict.deleted ? (
          <div className="lv-panel-section">
            <p>{t(conflict.signed ? 'conflict.signedText' : 'conflict.deletedText')}</p>
          </div>
        ) : (
          <div className="sync-fields">
            <div className="sync-field sync-field-head">
              <span>{t('conflict.field')}</span>
              <span>{t('conflict.here', { when: when(conflict.hereAt) })}</span>
              <span>{t('conflict.server')}</span>
            </div>
            {differ.map((field, index) => (
              <fieldset key={field.name} className="sync-field">
                <legend className="lv-visually-hidden">{fieldWord(t, field.name)}</legend>
                <span className="lv-text-2" aria-hidden="true">
                  {fieldWord(t, field.name)}
                </span>
                {(['here', 'server'] as const).map((side, second) => (
                  <Side
                    key={side}
                    name={`conflict-${conflict.id}-${field.name}`}
                    text={valueWord(t, field.name, field[side], when, format.language)}
                    label={
                      side === 'here'
                        ? t('conflict.here', { when: when(conflict.hereAt) })
                        : t('conflict.server')
                    }
                    chosen={here.has(field.name) === (side === 'here')}
                    digit={index < WITH_DIGITS ? String(index * 2 + second + 1) : undefined}
                    onChoose={() => choose(field.name, side)}
                  />
                ))}
              </fieldset>
            ))}
            {alike.slice(0, MOST_ALIKE).map((field) => (
              <div key={field.name} className="sync-alike">
                <span className="lv-text-2">{fieldWord(t, field.name)}</span>
                <span className="lv-row lv-text-2">
                  <span className="lv-tone-ok">
                    <Glyph name="tick" />
                  </span>
                  <bdi>{t('conflict.same', { value: show(field.name, field.here) })}</bdi>
                </span>
              </div>
            ))}
            {alike.length > MOST_ALIKE ? (
              <p className="sync-alike lv-caption">
                {t('conflict.more', { count: alike.length - MOST_ALIKE })}
              </p>
            ) : null}
            {differ.length === 0 ? <p className="sync-alike lv-text-2">{t('conflict.noFields')}</p> : null}
          </div>
        )}
        {conflict.signed || conflict.deleted || differ.length === 0 ? null : (
          <div className="lv-panel-section">
            <h3 className="sync-small-head">{t('conflict.does')}</h3>
            <p className="lv-text-2" role="status">
              {conflict.collection === 'results' && here.size < differ.length
                ? t('conflict.resultServer')
                : here.size === 0
                  ? t('conflict.allServer')
                  : here.size === differ.length
                    ? t('conflict.allHere', { count: differ.length })
                    : t('conflict.some', {
                        fields: differ
                          .filter((field) => here.has(field.name))
                          .map((field) => `${fieldWord(t, field.name)} ${show(field.name, field.here)}`)
                          .join(', '),
                      })}
            </p>
          </div>
        )}
        {children}
      </div>
      <div className="lv-panel-foot">
        {conflict.signed ? (
          <Button primary size="normal" keyName="F8" onClick={() => goTo('tasks')}>
            {t('conflict.openTasks')}
          </Button>
        ) : (
          <>
            <Button primary keyName="F8" onClick={() => keep(here)}>
              {conflict.deleted ? t('keys.keepHere') : t('conflict.keep', { count: differ.length })}
            </Button>
            {conflict.deleted ? null : (
              <Button keyName="Alt+S" onClick={() => keep(new Set())}>
                {t('keys.allServer')}
              </Button>
            )}
            <Button keyName="Escape" onClick={onLater}>
              {t('keys.later')}
            </Button>
          </>
        )}
      </div>
    </>
  );
}
