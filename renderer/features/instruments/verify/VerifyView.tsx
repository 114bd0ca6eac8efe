import type { TFunction } from 'i18next';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlainError } from '../../../../shared/errors.ts';
import type { LineRow } from '../../../../shared/ipc/instruments.ts';
import type { ProfileTestRow, VerificationRow } from '../../../../shared/ipc/tools.ts';
import { useScreenKeys } from '../../../app/keys.ts';
import { useNow } from '../../../app/useNow.ts';
import { command, useLive, useLiveOne } from '../../../data/hooks.ts';
import { pdfMaker } from '../../../data/pdf.ts';
import { engineText } from '../../../i18n/engine.ts';
import { useFormat } from '../../../i18n/useFormat.ts';
import { announce } from '../../../ui/announce.ts';
import { Button } from '../../../ui/Button.tsx';
import { confirm } from '../../../ui/confirm.ts';
import { ErrorBanner } from '../../../ui/ErrorBanner.tsx';
import { CheckBox, TextField } from '../../../ui/Field.tsx';
import { Grid } from '../../../ui/Grid.tsx';
import { EmptyState, SectionBar } from '../../../ui/Layout.tsx';
import { State } from '../../../ui/State.tsx';
import { LineChoice } from '../parts/LineChoice.tsx';
import { useMessages } from '../parts/useMessages.ts';
import { recordColumns, testColumns } from './columns.tsx';
import { RecordPanel } from './RecordPanel.tsx';

const testId = (row: ProfileTestRow): string => row.mapping.code;
const recordId = (row: VerificationRow): string => row.id;
const nothing: ReadonlySet<string> = new Set();
/** Messages offered as cases. */
const MOST_CASES = 30;

/** Signs that the mapping of tests was verified, on which cases; and the records of it. */
export function VerifyView({
  lines,
  line,
  onLine,
  maySign,
  mayPrint,
  replayId,
}: {
  lines: readonly LineRow[];
  line: LineRow;
  onLine: (id: string) => void;
  maySign: boolean;
  mayPrint: boolean;
  /** A replay that was looked at; it becomes part of the record. */
  replayId: string | null;
}) {
  const { t } = useTranslation('verification');
  const { when } = useFormat();
  const now = useNow();
  const [of, setOf] = useState<'tests' | 'records'>('tests');
  const [cursor, setCursor] = useState<string | null>(null);
  const [record, setRecord] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(nothing);
  const [cases, setCases] = useState<ReadonlySet<string>>(nothing);
  const [statement, setStatement] = useState('');
  const [error, setError] = useState<PlainError>();
  const shown = useLive('profile.show', { instrumentId: line.id });
  const tests = shown.rows[0]?.tests ?? [];
  const records = useLive('mapping.verifications', { instrumentId: line.id });
  const replay = useLiveOne('replay.progress', replayId === null ? null : { replayId });
  const messages = useMessages(line.id).filter(
    (message) => message.posted + message.held + message.controls + message.known > 0,
  );
  const withReplay = replay !== undefined && replay.instrumentId === line.id && replay.state === 'done';
  const chosen = tests.filter((test) => selected.has(test.mapping.code));
  const open = records.rows.find((row) => row.id === record) ?? records.rows[0];
  const day = now.toDateString();
  const columns = useMemo(() => {
    const write = (at: string): string => when(at, new Date(day));
    return { tests: testColumns(t, write), records: recordColumns(t, write) };
  }, [t, when, day]);

  const why =
    (maySign ? undefined : t('why.role')) ??
    (chosen.length === 0 ? t('why.noTests') : undefined) ??
    (cases.size === 0 && !withReplay ? t('why.noCases') : undefined) ??
    (statement.trim() === '' ? t('why.noStatement') : undefined);
  const sign = (): void => {
    void confirm({
      title: t('sign.title', { count: chosen.length, name: line.name }),
      text: t('sign.text'),
      facts: [
        {
          label: t('sign.tests'),
          value: chosen.map((test) => test.testName || test.mapping.test).join(', '),
        },
        { label: t('sign.cases'), value: casesText(cases.size, withReplay, t) },
        { label: t('sign.meaning'), value: statement.trim() },
      ],
      confirm: t('keys.sign'),
      pin: true,
      act: async (pin) => {
        const outcome = await command('mapping.verify', {
          instrumentId: line.id,
          tests: [...new Set(chosen.map((test) => test.mapping.test))],
          cases: [...cases],
          ...(withReplay ? { replayId: replay.id } : {}),
          statement: statement.trim(),
          pin,
        });
        if (!outcome.ok) return outcome.error;
        announce(t('signed', { count: chosen.length }));
        setSelected(nothing);
        setCases(nothing);
        setStatement('');
        return undefined;
      },
    });
  };
  const notStanding = (): void =>
    setSelected(new Set(tests.filter((test) => test.verification.state !== 'verified').map(testId)));
  const printWhy = open === undefined ? t('why.noRecord') : mayPrint ? undefined : t('why.print');
  const pdf = pdfMaker(setError, () => announce(t('notShown')));
  const print = async (): Promise<void> => {
    if (open === undefined) return;
    const verificationId = open.id;
    await pdf(() => command('mapping.verificationPdf', { instrumentId: line.id, verificationId }));
  };
  useScreenKeys([
    {
      key: 'F4',
      label: t(of === 'tests' ? 'keys.records' : 'keys.tests'),
      run: () => setOf(of === 'tests' ? 'records' : 'tests'),
    },
    ...(of === 'tests'
      ? [
          {
            key: 'F7',
            label: t('keys.all'),
            run: notStanding,
            disabledReason: maySign ? undefined : t('why.role'),
          },
          { key: 'F8', label: t('keys.sign'), run: sign, primary: true, disabledReason: why },
        ]
      : [
          {
            key: 'F9',
            label: t('keys.print'),
            run: () => void print(),
            icon: 'print' as const,
            disabledReason: printWhy,
          },
        ]),
  ]);
  const standing = tests.filter((test) => test.verification.state === 'verified').length;
  const changed = tests.filter((test) => test.verification.state === 'changed').length;
  return (
    <>
      <SectionBar
        title={t('title')}
        right={
          <>
            {of === 'records' ? (
              <Button size="bar" keyName="F9" onClick={() => void print()} disabledReason={printWhy}>
                {t('keys.print')}
              </Button>
            ) : null}
            <Button size="bar" keyName="F4" onClick={() => setOf(of === 'tests' ? 'records' : 'tests')}>
              {t(of === 'tests' ? 'keys.records' : 'keys.tests')}
            </Button>
          </>
        }
      >
        <LineChoice
          lines={lines}
          value={line.id}
          onChange={(id) => {
            setSelected(nothing);
            setCases(nothing);
            onLine(id);
          }}
        />
        {shown.rows[0] === undefined ? null : (
          <>
            <State
              kind={standing > 0 ? 'released' : 'notEvaluated'}
              word={t('standing', { count: standing, all: tests.length })}
            />
            {changed > 0 ? <State kind="warning" word={t('changed', { count: changed })} /> : null}
          </>
        )}
      </SectionBar>
      <ErrorBanner error={error} />
      <div className="ins-lower">
        <div className="ins-map">
          <div className="ins-map-grid">
            {of === 'tests' ? (
              <Grid
                key="tests"
                label={t('testsLabel')}
                rows={tests}
                rowId={testId}
                columns={columns.tests}
                cursor={cursor}
                onCursor={setCursor}
                selected={selected}
                onSelect={setSelected}
                scope={line.id}
                moveLabel={t('keys.row')}
                empty={
                  shown.state === 'loading' ? null : shown.state === 'failed' ? (
                    <EmptyState
                      title={engineText('errors', shown.error?.what ?? '')}
                      next={engineText('errors', shown.error?.todo ?? '')}
                    />
                  ) : (
                    <EmptyState title={t('noTests')} next={t('noTestsNext')} />
                  )
                }
              />
            ) : (
              <Grid
                key="records"
                label={t('recordsLabel')}
                rows={records.rows}
                rowId={recordId}
                columns={columns.records}
                cursor={open?.id ?? null}
                onCursor={setRecord}
                scope={line.id}
                moveLabel={t('keys.row')}
                empty={
                  records.state === 'loading' ? null : (
                    <EmptyState title={t('noRecords')} next={t('noRecordsNext')} />
                  )
                }
              />
            )}
          </div>
        </div>
        {of === 'records' ? (
          open === undefined ? null : (
            <RecordPanel record={open} />
          )
        ) : (
          <section className="ins-side" aria-label={t('panel')}>
            <SectionBar title={t('looked')} detail={t('lookedDetail')} />
            <div className="ins-detail-scroll">
              {withReplay ? (
                <p className="ins-case">
                  <State kind="received" word={t('withReplay', { count: replay.messages })} />
                </p>
              ) : null}
              {messages.slice(0, MOST_CASES).map((message) => (
                <div key={message.number} className="ins-case">
                  <CheckBox
                    label={t('case', { number: message.number, when: when(message.at, now) })}
                    checked={cases.has(message.number)}
                    onChange={(on) => {
                      const next = new Set(cases);
                      if (on) next.add(message.number);
                      else next.delete(message.number);
                      setCases(next);
                    }}
                  />
                  <span className="lv-caption">
                    {t('caseResults', {
                      count: message.posted + message.held + message.controls + message.known,
                      held: message.held,
                    })}
                  </span>
                </div>
              ))}
              {messages.length === 0 ? (
                <EmptyState title={t('noMessages')} next={t('noMessagesNext')} />
              ) : null}
            </div>
            <div className="ins-foot ins-foot-one">
              <TextField
                label={t('statement')}
                rows={3}
                value={statement}
                placeholder={t('statementHint')}
                onChange={setStatement}
              />
              <Button primary wide size="final" keyName="F8" onClick={sign} disabledReason={why}>
                {chosen.length === 0 ? t('keys.sign') : t('signCount', { count: chosen.length })}
              </Button>
            </div>
          </section>
        )}
      </div>
    </>
  );
}

/** What was looked at, in words. */
function casesText(count: number, replay: boolean, t: TFunction<'verification'>): string {
  const parts = [...(count > 0 ? [t('messages', { count })] : []), ...(replay ? [t('oneReplay')] : [])];
  return parts.join(', ');
}
