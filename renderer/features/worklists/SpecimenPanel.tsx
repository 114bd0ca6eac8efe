import { type Ref, useImperativeHandle, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../shared/errors.ts';
import type { WorklistRow } from '../../../shared/ipc/results.ts';
import { useNow } from '../../app/useNow.ts';
import { command } from '../../data/hooks.ts';
import { engineText } from '../../i18n/engine.ts';
import { formatUnit } from '../../i18n/format.ts';
import { useFormat } from '../../i18n/useFormat.ts';
import { whoText } from '../../i18n/who.ts';
import { Button } from '../../ui/Button.tsx';
import { ClaimBanner, useClaims } from '../../ui/Claim.tsx';
import { FieldError } from '../../ui/Field.tsx';
import { Banner, EmptyState, Facts, Panel, PanelSection, Tag } from '../../ui/Layout.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { State } from '../../ui/State.tsx';
import { Value } from '../../ui/Value.tsx';
import { testKinds } from './columns.tsx';
import { openTests } from './rows.ts';

/** What the screen may ask of the panel. */
export interface PanelHandle {
  /** Puts the focus into a test's field. False when it has none. */
  focus: (code: string) => boolean;
}

/** One value on its way to the engine, or refused. */
type Typing = { text: string; saving: boolean; error: PlainError | undefined };

/** Right panel: whose specimen it is, its tests one below the other, and a field for each that waits. */
export function SpecimenPanel({
  row,
  nameOf,
  onNext,
  onRefused,
  onEnter,
  onResults,
  handle,
}: {
  row: WorklistRow | undefined;
  /** Name of an instrument of this bench. */
  nameOf: (instrumentId: string) => string;
  /** Enter in a field: where the focus goes is the screen's to say. */
  onNext: (row: WorklistRow, code: string) => void;
  /** A value was refused; its specimen may not be the one in the panel any more. */
  onRefused: (row: WorklistRow, code: string, error: PlainError) => void;
  onEnter: () => void;
  onResults: () => void;
  handle: Ref<PanelHandle>;
}) {
  const { t } = useTranslation('worklists');
  const claimOf = useClaims();
  const place = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState<Readonly<Record<string, Typing>>>({});
  useImperativeHandle(handle, () => ({
    focus: (code) => {
      const field = place.current?.querySelector<HTMLInputElement>(`input[data-test="${CSS.escape(code)}"]`);
      field?.focus();
      field?.select();
      return field !== null && field !== undefined;
    },
  }));
  if (row === undefined) {
    return (
      <Panel label={t('panel')}>
        <EmptyState title={t('noneChosen')} />
      </Panel>
    );
  }
  const keyOf = (code: string): string => `${row.id} ${code}`;
  const put = (key: string, value: Typing | undefined): void =>
    setTyped(({ [key]: _old, ...rest }) => (value === undefined ? rest : { ...rest, [key]: value }));
  const keep = async (code: string): Promise<void> => {
    const key = keyOf(code);
    const text = typed[key]?.text.trim() ?? '';
    if (text === '' || typed[key]?.saving === true) return;
    put(key, { text, saving: true, error: undefined });
    const done = await command('result.enter', {
      accessionIdentifier: row.accessionIdentifier,
      testCode: code,
      valueText: text,
    });
    put(key, done.ok ? undefined : { text, saving: false, error: done.error });
    if (!done.ok) onRefused(row, code, done.error);
  };
  const open = new Set(openTests(row));
  const noEntry = open.size === 0 ? t('nothingWaits') : undefined;
  return (
    <Panel
      label={t('panel')}
      foot={
        <>
          <Button primary keyName="F2" onClick={onEnter} disabledReason={noEntry}>
            {t('enter')}
          </Button>
          <div className="lv-foot-wide lv-row">
            <Button wide keyName="F4" onClick={onResults}>
              {t('results')}
            </Button>
          </div>
        </>
      }
    >
      <Whose row={row} />
      <ClaimBanner claim={claimOf('specimens', row.id)} />
      <section className="lv-work-entry" ref={place} aria-label={t('tests')}>
        {row.tests.map((test) => {
          const now = typed[keyOf(test.code)];
          return (
            <div key={test.code} className="lv-work-line">
              <div className="lv-work-name">
                <span className="lv-medium lv-ellipsis" title={test.name}>
                  {test.name}
                </span>
                <State kind={testKinds[test.state]} word={t(`state.${test.state}`)} small />
                {now === undefined || now.text.trim() === '' ? null : (
                  <span className="lv-caption lv-tone-abn">{t(now.saving ? 'saving' : 'notKept')}</span>
                )}
                {test.instrumentId === '' ? null : (
                  <span className="lv-caption">{nameOf(test.instrumentId)}</span>
                )}
              </div>
              {open.has(test.code) ? (
                <form
                  className="lv-work-form"
                  onSubmit={(event) => {
                    event.preventDefault();
                    void keep(test.code);
                    onNext(row, test.code);
                  }}
                >
                  <span className={`lv-input${now?.error === undefined ? '' : ' lv-input-wrong'}`}>
                    <input
                      data-test={test.code}
                      aria-label={t('value', { test: test.name })}
                      aria-invalid={now?.error !== undefined}
                      value={now?.text ?? ''}
                      readOnly={now?.saving === true}
                      autoComplete="off"
                      spellCheck={false}
                      onFocus={() => void command('claim.take', { collection: 'specimens', docId: row.id })}
                      onChange={(event) =>
                        put(keyOf(test.code), {
                          text: event.currentTarget.value,
                          saving: false,
                          error: undefined,
                        })
                      }
                    />
                    <span className="lv-input-suffix">{formatUnit(test.unit)}</span>
                  </span>
                </form>
              ) : (
                <Value text={test.valueText} unit={test.unit} flag={test.interpretation || undefined} />
              )}
              {test.unordered.length === 0 ? null : (
                <span className="lv-caption lv-tone-abn lv-work-wrong">
                  {t('unordered', { names: test.unordered.join(', ') })}
                </span>
              )}
              {now?.error === undefined ? null : (
                <FieldError className="lv-work-wrong">
                  {engineText('errors', now.error.what)} {engineText('errors', now.error.todo)}
                </FieldError>
              )}
            </div>
          );
        })}
        <p className="lv-caption lv-work-hint">{t(open.size === 0 ? 'allDone' : 'enterHint')}</p>
      </section>
    </Panel>
  );
}

function Whose({ row }: { row: WorklistRow }) {
  const { t } = useTranslation('worklists');
  const { t: ui } = useTranslation('ui');
  const format = useFormat();
  const now = useNow();
  const { patient } = row;
  return (
    <PanelSection>
      <div className="lv-row">
        <PatientName
          size="title"
          name={
            patient === null
              ? { text: row.patientName }
              : {
                  family: patient.familyName,
                  given: patient.givenName,
                  transliteration: patient.transliteration || undefined,
                }
          }
        />
        <span className="lv-grow" />
        {row.priority === 'stat' ? <Tag>{ui('stat')}</Tag> : null}
      </div>
      {row.transliteration === '' ? null : <div className="lv-text-2">{row.transliteration}</div>}
      <div className="lv-work-who">
        <span className="lv-strong">{whoText(t, row, ' · ')}</span>
        {patient === null ? null : (
          <>
            <span>{format.birthDate(patient.birthDate)}</span>
            <span className="lv-text-2">
              {t('mrn')} <span className="lv-mono">{patient.identifier}</span>
            </span>
          </>
        )}
      </div>
      <div className="lv-caption lv-work-where">
        {row.typeDisplay},{' '}
        {t('drawn', {
          time: format.when(row.collectedTime, now),
          received: format.when(row.receivedTime, now),
        })}
      </div>
      <Facts
        rows={[
          {
            id: 'specimen',
            label: t('specimen'),
            value: <span className="lv-mono">{row.accessionDisplay}</span>,
          },
          {
            id: 'requisition',
            label: t('requisition'),
            value: <span className="lv-mono">{row.requisition}</span>,
          },
          ...(row.collector === '' ? [] : [{ id: 'collector', label: t('collector'), value: row.collector }]),
        ]}
      />
      {row.conditionText === '' ? null : (
        <Banner tone="abn" title={row.conditionText}>
          {t('condition')}
        </Banner>
      )}
    </PanelSection>
  );
}
