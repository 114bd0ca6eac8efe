import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcLotRow } from '../../../shared/ipc/qc.ts';
import { command, useLive } from '../../data/hooks.ts';
import { announce } from '../../ui/announce.ts';
import { Choice, Field } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import type { TargetRow } from './lotRows.ts';

const lotStates: readonly QcLotRow['state'][] = ['current', 'parallel', 'ended'];

/** A new lot (Ctrl+N), or what is known of one (F2). */
export function LotDialog({ lot, onClose }: { lot: QcLotRow | null; onClose: () => void }) {
  const { t } = useTranslation('qc');
  const [given, setGiven] = useState({
    material: lot?.material ?? '',
    manufacturer: lot?.manufacturer ?? '',
    lot: lot?.lot ?? '',
    level: lot?.level ?? '',
    expiresOn: lot?.expiresOn ?? '',
    hours: lot?.openStabilityHours === null || lot === null ? '' : String(lot.openStabilityHours),
    sentAs: lot?.sentAs.join(', ') ?? '',
  });
  const [state, setState] = useState<QcLotRow['state']>(lot?.state ?? 'current');
  const [tried, setTried] = useState(false);
  const set = (part: keyof typeof given) => (event: { currentTarget: { value: string } }) => {
    const { value } = event.currentTarget;
    setGiven((before) => ({ ...before, [part]: value }));
  };
  const names = given.sentAs
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const hours = given.hours.trim() === '' ? null : Number(given.hours.replace(',', '.'));
  const wrong = {
    material: given.material.trim() === '' ? t('lots.edit.missing') : undefined,
    lot: given.lot.trim() === '' ? t('lots.edit.missing') : undefined,
    level: given.level.trim() === '' ? t('lots.edit.missing') : undefined,
    sentAs: names.length === 0 ? t('lots.edit.missing') : undefined,
    expiresOn: /^(\d{4}-\d{2}-\d{2})?$/.test(given.expiresOn.trim()) ? undefined : t('lots.edit.date'),
    hours: hours === null || hours > 0 ? undefined : t('lots.edit.hours'),
  };
  const shown = (part: keyof typeof wrong): string | undefined => (tried ? wrong[part] : undefined);
  return (
    <FormDialog
      title={lot === null ? t('lots.edit.new') : t('lots.edit.title', { lot: lot.lot })}
      text={t('lots.edit.text')}
      confirm={t('lots.edit.do')}
      onConfirm={async () => {
        setTried(true);
        if (Object.values(wrong).some((one) => one !== undefined)) return 'stay';
        const outcome = await command('qc.lot.save', {
          lotId: lot?.id ?? null,
          material: given.material.trim(),
          manufacturer: given.manufacturer.trim(),
          lot: given.lot.trim(),
          level: given.level.trim(),
          expiresOn: given.expiresOn.trim(),
          opened: lot !== null && lot.openedTime !== '',
          openStabilityHours: hours,
          sentAs: names,
          state,
        });
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={(done) => {
        if (done) announce(t('lots.edit.done', { lot: given.lot.trim() }));
        onClose();
      }}
    >
      <div className="qc-fields">
        <Field
          label={t('lots.edit.material')}
          value={given.material}
          width="100%"
          data-autofocus
          error={shown('material')}
          onChange={set('material')}
        />
        <Field
          label={t('lots.columns.level')}
          value={given.level}
          width="100%"
          maxLength={8}
          error={shown('level')}
          onChange={set('level')}
        />
        <Field
          label={t('lots.columns.lot')}
          value={given.lot}
          width="100%"
          mono
          error={shown('lot')}
          onChange={set('lot')}
        />
        <Field
          label={t('lots.manufacturer')}
          value={given.manufacturer}
          width="100%"
          onChange={set('manufacturer')}
        />
        <Field
          label={t('lots.edit.expires')}
          value={given.expiresOn}
          width="100%"
          placeholder="2027-03-31"
          error={shown('expiresOn')}
          onChange={set('expiresOn')}
        />
        <Field
          label={t('lots.edit.stability')}
          value={given.hours}
          width="100%"
          inputMode="decimal"
          suffix={t('override.h')}
          error={shown('hours')}
          onChange={set('hours')}
        />
      </div>
      <Field
        label={t('lots.edit.sentAs')}
        value={given.sentAs}
        width="100%"
        mono
        error={shown('sentAs')}
        onChange={set('sentAs')}
      />
      <Choice
        label={t('lots.columns.state')}
        width="100%"
        value={state}
        onChange={setState}
        options={lotStates.map((id) => ({ id, label: t(`lots.edit.states.${id}`) }))}
      />
    </FormDialog>
  );
}

/** Which test on which instrument a target is for: everything the instruments of this station measure. */
function usePlaces(): {
  tests: { id: string; label: string }[];
  instruments: { id: string; label: string }[];
} {
  const { t } = useTranslation('qc');
  const catalogue = useLive('catalog.list', { kind: 'test' });
  const strip = useLive('strip', {}).rows[0];
  return {
    tests: catalogue.rows
      .map((one) => ({ id: one.code, label: one.name }))
      .sort((a, b) => a.label.localeCompare(b.label)),
    instruments: [
      { id: '', label: t('lots.everyInstrument') },
      ...(strip?.lines ?? []).map((line) => ({ id: line.id, label: line.name })),
    ],
  };
}

/** F6: mean and SD by hand or from the insert. Points are judged by it once a supervisor approved it (W14). */
export function TargetDialog({ row, onClose }: { row: TargetRow; onClose: () => void }) {
  const { t } = useTranslation('qc');
  const { tests, instruments } = usePlaces();
  const [test, setTest] = useState(row.target?.testCode ?? '');
  const [instrumentId, setInstrument] = useState(row.target?.instrumentId ?? '');
  const [kind, setKind] = useState<'manufacturer' | 'fixed'>('manufacturer');
  const [mean, setMean] = useState('');
  const [sd, setSd] = useState('');
  const [tried, setTried] = useState(false);
  const testCode = test || (tests[0]?.id ?? '');
  const plain = (text: string): string => text.trim().replace(',', '.');
  const number = (text: string): boolean => /^-?(\d+\.?\d*|\.\d+)$/.test(plain(text));
  const sdWrong = !number(sd) || Number(plain(sd)) <= 0;
  return (
    <FormDialog
      title={t('lots.set.title', { lot: `${row.lot.material} ${row.lot.level}, ${row.lot.lot}` })}
      text={t('lots.set.text')}
      confirm={t('lots.set.do')}
      onConfirm={async () => {
        setTried(true);
        if (!number(mean) || sdWrong || testCode === '') return 'stay';
        const outcome = await command('qc.target.set', {
          lotId: row.lot.id,
          testCode,
          instrumentId,
          kind,
          mean: plain(mean),
          sd: plain(sd),
        });
        return outcome.ok ? undefined : outcome.error;
      }}
      onClose={(done) => {
        if (done) announce(t('lots.set.done'));
        onClose();
      }}
    >
      <div className="qc-fields">
        <Choice label={t('columns.test')} width="100%" value={testCode} onChange={setTest} options={tests} />
        <Choice
          label={t('columns.instrument')}
          width="100%"
          value={instrumentId}
          onChange={setInstrument}
          options={instruments}
        />
        <Field
          label={t('lots.columns.mean')}
          value={mean}
          width="100%"
          inputMode="decimal"
          data-autofocus
          error={tried && !number(mean) ? t('lots.set.number') : undefined}
          onChange={(event) => setMean(event.currentTarget.value)}
        />
        <Field
          label={t('lots.columns.sd')}
          value={sd}
          width="100%"
          inputMode="decimal"
          error={tried && sdWrong ? t('lots.set.positive') : undefined}
          onChange={(event) => setSd(event.currentTarget.value)}
        />
      </div>
      <Choice
        label={t('lots.columns.kind')}
        width="100%"
        value={kind}
        onChange={setKind}
        options={(['manufacturer', 'fixed'] as const).map((id) => ({ id, label: t(`lots.kinds.${id}`) }))}
      />
    </FormDialog>
  );
}

/** F7: mean and SD from the lot's own points, at least 20 (W14). What was found is shown before it waits for approval. */
export function EstablishDialog({ row, onClose }: { row: TargetRow; onClose: () => void }) {
  const { t } = useTranslation('qc');
  const { tests, instruments } = usePlaces();
  const own = instruments.filter((one) => one.id !== '');
  const [test, setTest] = useState(row.target?.testCode ?? '');
  const [instrument, setInstrument] = useState(row.target?.instrumentId ?? '');
  const [kind, setKind] = useState<'established' | 'rolling'>('established');
  const testCode = test || (tests[0]?.id ?? '');
  const instrumentId = instrument || (own[0]?.id ?? '');
  return (
    <FormDialog
      title={t('lots.establish.title', { lot: `${row.lot.material} ${row.lot.level}, ${row.lot.lot}` })}
      text={t('lots.establish.text')}
      confirm={t('lots.establish.do')}
      buttonFirst
      onConfirm={async () => {
        const outcome = await command('qc.target.establish', {
          lotId: row.lot.id,
          testCode,
          instrumentId,
          kind,
        });
        if (!outcome.ok) return outcome.error;
        const { mean, sd, points } = outcome.value;
        announce(t('lots.establish.done', { mean, sd, count: points }));
        return undefined;
      }}
      onClose={onClose}
    >
      <div className="qc-fields">
        <Choice label={t('columns.test')} width="100%" value={testCode} onChange={setTest} options={tests} />
        <Choice
          label={t('columns.instrument')}
          width="100%"
          value={instrumentId}
          onChange={setInstrument}
          options={own}
        />
      </div>
      <Choice
        label={t('lots.columns.kind')}
        width="100%"
        value={kind}
        onChange={setKind}
        options={(['established', 'rolling'] as const).map((id) => ({ id, label: t(`lots.kinds.${id}`) }))}
      />
    </FormDialog>
  );
}
