import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatAccession } from '../../../shared/domain/accession-number.ts';
import { parseValue } from '../../../shared/domain/value.ts';
import type { ResultDetailRow, ResultRow } from '../../../shared/ipc/results.ts';
import { useScan } from '../../app/scan.ts';
import { command, useLive } from '../../data/hooks.ts';
import { formatUnit } from '../../i18n/format.ts';
import { Choice, Field } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { PatientName } from '../../ui/PatientName.tsx';
import { Value } from '../../ui/Value.tsx';
import { flagOf } from './columns.tsx';
import { scanned } from './rows.ts';

/** What will become of a typed value: a number, a text that a person has to read, or nothing yet. */
function useHint(text: string): string | undefined {
  const { t } = useTranslation('results');
  return parseValue(text).kind === 'string' ? t('value.asText') : undefined;
}

/** Corrects a released result (F2): a new version with a reason; the old one stays and is shown struck. */
export function CorrectDialog({ row, onClose }: { row: ResultRow; onClose: (resultId?: string) => void }) {
  const { t } = useTranslation('results');
  const [value, setValue] = useState('');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const hint = useHint(value);
  const correct = async () => {
    setTried(true);
    if (value.trim() === '' || reason.trim() === '') return 'stay';
    const outcome = await command('result.correct', {
      resultId: row.id,
      valueText: value.trim(),
      reason: reason.trim(),
    });
    if (!outcome.ok) return outcome.error;
    onClose(outcome.value.resultId);
    return undefined;
  };
  return (
    <FormDialog
      title={t('value.correctTitle', { test: row.testName })}
      text={t('value.correctText', { version: row.version + 1 })}
      facts={[
        { label: t('columns.patient'), value: <PatientName name={{ text: row.patientName }} /> },
        { label: t('columns.specimen'), value: <span className="lv-mono">{row.accessionDisplay}</span> },
        {
          label: t('value.released', { version: row.version }),
          value: <Value text={row.valueText} unit={row.unit} flag={flagOf(row)} />,
        },
      ]}
      confirm={t('value.correct')}
      onConfirm={correct}
      onClose={(done) => {
        if (!done) onClose();
      }}
    >
      <Field
        label={t('value.newValue')}
        value={value}
        suffix={formatUnit(row.unit)}
        width={200}
        data-autofocus
        error={tried && value.trim() === '' ? t('value.missing') : undefined}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      {hint === undefined ? null : <p className="lv-caption">{hint}</p>}
      <Field
        label={t('value.reason')}
        placeholder={t('value.reasonExample')}
        value={reason}
        width="100%"
        error={tried && reason.trim() === '' ? t('value.reasonMissing') : undefined}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

/** Enters a value measured by hand: for a result that has none or was entered by hand (F2), or for a test that waits (Ctrl+N). */
export function EnterDialog({
  row,
  specimen,
  onClose,
}: {
  /** The result whose value is entered again; undefined for a test that waits. */
  row: ResultRow | undefined;
  /** Number of the specimen to begin with. */
  specimen: string;
  onClose: (resultId?: string) => void;
}) {
  const { t } = useTranslation('results');
  const [number, setNumber] = useState(specimen);
  const [chosen, setChosen] = useState('');
  const [value, setValue] = useState('');
  const [comment, setComment] = useState('');
  const [tried, setTried] = useState(false);
  const hint = useHint(value);
  const identifier = scanned(number);
  const worklist = useLive('worklist.list', row === undefined ? { filter: 'all' } : null);
  const tube = worklist.rows.find((one) => one.accessionIdentifier === identifier);
  const waiting = (tube?.tests ?? []).filter((test) => test.state === 'waiting' || test.state === 'rerun');
  const code =
    row?.testCode ?? (waiting.some((test) => test.code === chosen) ? chosen : waiting[0]?.code) ?? '';
  useScan((code) => {
    if (row !== undefined) return false;
    setNumber(formatAccession(scanned(code)));
    return true;
  });
  const enter = async () => {
    setTried(true);
    if (code === '' || value.trim() === '') return 'stay';
    const outcome = await command('result.enter', {
      accessionIdentifier: row?.accessionIdentifier ?? identifier,
      testCode: code,
      valueText: value.trim(),
      comment: comment.trim(),
    });
    if (!outcome.ok) return outcome.error;
    onClose(outcome.value.resultId);
    return undefined;
  };
  const noTest =
    worklist.state === 'live' && number.trim() !== '' && code === ''
      ? t(tube === undefined ? 'value.specimenUnknown' : 'value.nothingWaits')
      : undefined;
  return (
    <FormDialog
      title={row === undefined ? t('value.enterTitle') : t('value.enterAgain', { test: row.testName })}
      text={t('value.enterText')}
      facts={
        row === undefined
          ? tube === undefined
            ? undefined
            : [{ label: t('columns.patient'), value: <PatientName name={{ text: tube.patientName }} /> }]
          : [
              { label: t('columns.patient'), value: <PatientName name={{ text: row.patientName }} /> },
              {
                label: t('columns.specimen'),
                value: <span className="lv-mono">{row.accessionDisplay}</span>,
              },
              { label: t('value.present'), value: <Value text={row.valueText} unit={row.unit} /> },
            ]
      }
      confirm={t('value.enter')}
      onConfirm={enter}
      onClose={(done) => {
        if (!done) onClose();
      }}
    >
      {row !== undefined ? null : (
        <>
          <Field
            label={t('value.specimen')}
            value={number}
            mono
            width={220}
            error={noTest}
            data-autofocus={specimen === '' ? true : undefined}
            onChange={(event) => setNumber(event.currentTarget.value)}
          />
          {waiting.length === 0 ? null : (
            <Choice
              label={t('columns.test')}
              options={waiting.map((test) => ({ id: test.code, label: test.name }))}
              value={code}
              onChange={setChosen}
              width={220}
            />
          )}
        </>
      )}
      <Field
        label={t('value.value')}
        value={value}
        suffix={formatUnit(row?.unit ?? waiting.find((test) => test.code === code)?.unit)}
        width={220}
        data-autofocus={row !== undefined || specimen !== '' ? true : undefined}
        error={tried && value.trim() === '' ? t('value.missing') : undefined}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      {hint === undefined ? null : <p className="lv-caption">{hint}</p>}
      <Field
        label={t('comment.title')}
        value={comment}
        width="100%"
        onChange={(event) => setComment(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

/** Rejects a result with a reason (Del). Final. */
export function RejectDialog({
  row,
  onClose,
}: {
  row: Pick<
    ResultDetailRow,
    'id' | 'testName' | 'valueText' | 'unit' | 'patientName' | 'accessionDisplay' | 'interpretation'
  >;
  onClose: (done: boolean) => void;
}) {
  const { t } = useTranslation('results');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const reject = async () => {
    setTried(true);
    if (reason.trim() === '') return 'stay';
    const outcome = await command('result.reject', { resultId: row.id, reason: reason.trim() });
    return outcome.ok ? undefined : outcome.error;
  };
  return (
    <FormDialog
      title={t('reject.title', { test: row.testName })}
      text={t('reject.text')}
      facts={[
        { label: t('columns.patient'), value: <PatientName name={{ text: row.patientName }} /> },
        { label: t('columns.specimen'), value: <span className="lv-mono">{row.accessionDisplay}</span> },
        {
          label: t('columns.result'),
          value: <Value text={row.valueText} unit={row.unit} flag={row.interpretation || undefined} />,
        },
      ]}
      confirm={t('reject.confirm')}
      onConfirm={reject}
      onClose={onClose}
    >
      <Field
        label={t('reject.reason')}
        placeholder={t('reject.example')}
        value={reason}
        width="100%"
        data-autofocus
        error={tried && reason.trim() === '' ? t('reject.missing') : undefined}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
