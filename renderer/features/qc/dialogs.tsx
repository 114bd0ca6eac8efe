import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcEventRow, QcPointRow, QcStateRow } from '../../../shared/ipc/qc.ts';
import { command, useLive } from '../../data/hooks.ts';
import { formatUnit } from '../../i18n/format.ts';
import { announce } from '../../ui/announce.ts';
import { CheckBox, Choice, Field } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { usePin } from '../../ui/pin.tsx';
import { measuredAt } from './entered.ts';
import { gateText, rulesOf, signedZ, valueText } from './words.ts';

interface Place {
  instrumentId: string;
  instrumentName: string;
  testCode: string;
  testName: string;
  unit: string;
}

/** A reason as the engine takes it. */
const reasonMissing = (text: string): boolean => text.trim().length < 3;

const kinds = [
  'newVial',
  'recalibrate',
  'repeat',
  'newReagent',
  'maintenance',
  'service',
  'other',
  'comment',
  'reviewed',
] as const;
type Kind = (typeof kinds)[number];

/** F6: what was done about a control, or what was seen. It is kept with the control for good. */
export function ReviewDialog({
  controlId,
  title,
  facts,
  onClose,
}: {
  controlId: string;
  title: string;
  facts: readonly { label: string; value: string }[];
  onClose: () => void;
}) {
  const { t } = useTranslation('qc');
  const [kind, setKind] = useState<Kind>('newVial');
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const needsText = kind === 'comment' || kind === 'other';
  const missing = needsText && text.trim() === '';
  return (
    <FormDialog
      title={t('review.title', { title })}
      text={t('review.text')}
      facts={facts}
      confirm={t('review.keep')}
      onConfirm={async () => {
        setTried(true);
        if (missing) return 'stay';
        const outcome = await command('qc.review', {
          controlId,
          kind: kind === 'comment' || kind === 'reviewed' ? kind : 'action',
          code: kind === 'comment' || kind === 'reviewed' ? '' : kind,
          text: text.trim(),
        });
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={(done) => {
        if (done) announce(t('review.kept'));
        onClose();
      }}
    >
      <Choice
        label={t('review.what')}
        width="100%"
        value={kind}
        onChange={setKind}
        options={kinds.map((id) => ({ id, label: t(`action.${id}`) }))}
      />
      <Field
        label={needsText ? t('review.words') : t('review.wordsMore')}
        value={text}
        width="100%"
        data-autofocus
        error={tried && missing ? t('review.missing') : undefined}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

/** Del: takes a point out of the rules, or back into them. Both need a reason; nothing is deleted (W12). */
export function ExcludeDialog({
  point,
  unit,
  onClose,
}: {
  point: QcPointRow;
  unit: string;
  onClose: () => void;
}) {
  const { t } = useTranslation('qc');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const back = point.excluded !== null;
  const way = back ? 'include' : 'exclude';
  return (
    <FormDialog
      title={t(`${way}.title`, { level: point.level })}
      text={t(`${way}.text`)}
      facts={[
        { label: t('facts.value'), value: `${valueText(point, unit)}, ${signedZ(point.z)} SD` },
        ...(point.excluded === null
          ? []
          : [{ label: t('facts.excluded'), value: `${point.excluded.reason}, ${point.excluded.by}` }]),
      ]}
      confirm={t(`${way}.do`)}
      onConfirm={async () => {
        setTried(true);
        if (reasonMissing(reason)) return 'stay';
        const args = { controlId: point.id, reason: reason.trim() };
        const outcome = await command(back ? 'qc.include' : 'qc.exclude', args);
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={(done) => {
        if (done) announce(t(`${way}.done`, { level: point.level }));
        onClose();
      }}
    >
      <Field
        label={t('reason')}
        value={reason}
        width="100%"
        data-autofocus
        error={tried && reasonMissing(reason) ? t('reasonMissing') : undefined}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

const eventKinds: readonly QcEventRow['kind'][] = ['calibration', 'reagentLot', 'maintenance', 'other'];

/** F7: marks what happened to an instrument on all its charts; the rules begin anew after it unless told otherwise (W11). */
export function EventDialog({ place, onClose }: { place: Place; onClose: () => void }) {
  const { t } = useTranslation('qc');
  const [kind, setKind] = useState<QcEventRow['kind']>('calibration');
  const [text, setText] = useState('');
  const [breaks, setBreaks] = useState(true);
  const [tried, setTried] = useState(false);
  const missing = kind === 'other' && text.trim() === '';
  return (
    <FormDialog
      title={t('mark.title', { instrument: place.instrumentName })}
      text={t('mark.text')}
      confirm={t('mark.do')}
      onConfirm={async () => {
        setTried(true);
        if (missing) return 'stay';
        const outcome = await command('qc.event', {
          instrumentId: place.instrumentId,
          kind,
          text: text.trim(),
          breaksWindow: breaks,
        });
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={(done) => {
        if (done) announce(t('mark.done', { what: t(`event.${kind}`), instrument: place.instrumentName }));
        onClose();
      }}
    >
      <Choice
        label={t('mark.what')}
        width="100%"
        value={kind}
        onChange={setKind}
        options={eventKinds.map((id) => ({ id, label: t(`event.${id}`) }))}
      />
      <Field
        label={t('mark.words')}
        value={text}
        width="100%"
        maxLength={200}
        data-autofocus
        error={tried && missing ? t('review.missing') : undefined}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <CheckBox label={t('mark.breaks')} checked={breaks} onChange={setBreaks} />
    </FormDialog>
  );
}

/** Ctrl+O: release in spite of the control, for some hours, with reason and PIN. It stays visible while it holds. */
export function OverrideDialog({ row, onClose }: { row: QcStateRow; onClose: () => void }) {
  const { t } = useTranslation('qc');
  const [reason, setReason] = useState('');
  const [hours, setHours] = useState('4');
  const pin = usePin(false);
  const [tried, setTried] = useState(false);
  const number = Number(hours.replace(',', '.'));
  const hoursWrong = !(number > 0 && number <= 72);
  return (
    <FormDialog
      title={t('override.title', { test: row.testName, instrument: row.instrumentName })}
      text={t('override.text')}
      facts={[
        { label: t('facts.control'), value: gateText(row.text) },
        { label: t('facts.waiting'), value: t('results', { count: row.waiting }) },
      ]}
      confirm={t('override.do')}
      onConfirm={async () => {
        setTried(true);
        if (pin.check() || reasonMissing(reason) || hoursWrong) return 'stay';
        return pin.sign((typed) =>
          command('qc.override', {
            instrumentId: row.instrumentId,
            testCode: row.testCode,
            reason: reason.trim(),
            hours: number,
            pin: typed,
          }),
        );
      }}
      onClose={(done) => {
        if (done) announce(t('override.done', { test: row.testName, instrument: row.instrumentName }));
        onClose();
      }}
    >
      <Field
        label={t('reason')}
        value={reason}
        width="100%"
        data-autofocus
        error={tried && reasonMissing(reason) ? t('reasonMissing') : undefined}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Field
        label={t('override.hours')}
        value={hours}
        width={120}
        inputMode="decimal"
        suffix={t('override.h')}
        error={tried && hoursWrong ? t('override.hoursWrong') : undefined}
        onChange={(event) => setHours(event.currentTarget.value)}
      />
      {pin.field}
    </FormDialog>
  );
}

/** F2: a control read at the device and typed by a person. It is judged at once, like one that was sent. */
export function EnterDialog({ place, onClose }: { place: Place; onClose: () => void }) {
  const { t } = useTranslation('qc');
  const all = useLive('qc.lots', {});
  const lots = all.rows.filter(
    (lot) =>
      lot.state !== 'ended' &&
      lot.targets.some(
        (target) =>
          target.testCode === place.testCode &&
          (target.instrumentId === '' || target.instrumentId === place.instrumentId),
      ),
  );
  const [chosen, setChosen] = useState('');
  const [value, setValue] = useState('');
  const [time, setTime] = useState('');
  const [tried, setTried] = useState(false);
  const lot = lots.find((one) => one.id === chosen) ?? lots[0];
  const empty = value.trim() === '';
  return (
    <FormDialog
      title={t('enter.title', { test: place.testName, instrument: place.instrumentName })}
      text={lot?.expired ? t('enter.expired', { lot: lot.lot }) : t('enter.text')}
      confirm={t('enter.do')}
      onConfirm={async () => {
        setTried(true);
        const measured = measuredAt(time, new Date());
        if (empty || lot === undefined || measured === null) return 'stay';
        const outcome = await command('qc.enter', {
          instrumentId: place.instrumentId,
          testCode: place.testCode,
          lotId: lot.id,
          valueText: value.trim(),
          ...(measured === '' ? {} : { measuredTime: measured }),
        });
        if (!outcome.ok) return outcome.error;
        announce(t('enter.done', { level: `${lot.material} ${lot.level}` }));
        return undefined;
      }}
      onClose={onClose}
    >
      <Choice
        label={t('enter.level')}
        width="100%"
        value={lot?.id ?? ''}
        onChange={setChosen}
        options={lots.map((one) => ({
          id: one.id,
          label: t('enter.lot', { level: `${one.material} ${one.level}`, lot: one.lot }),
        }))}
      />
      <Field
        label={t('facts.value')}
        value={value}
        width={200}
        suffix={formatUnit(place.unit)}
        data-autofocus
        error={tried && empty ? t('enter.missing') : undefined}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <Field
        label={t('enter.time')}
        value={time}
        width={200}
        placeholder={t('enter.now')}
        error={measuredAt(time, new Date()) === null ? t('enter.timeWrong') : undefined}
        onChange={(event) => setTime(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

/** Facts of a point for a dialog's head. */
export function pointFacts(
  t: (key: string) => string,
  point: QcPointRow,
  unit: string,
): { label: string; value: string }[] {
  return [
    { label: t('facts.value'), value: `${valueText(point, unit)}, ${signedZ(point.z)} SD` },
    ...(point.hits.length === 0 ? [] : [{ label: t('facts.rules'), value: rulesOf(point).join(', ') }]),
  ];
}
