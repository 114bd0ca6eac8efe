import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcLotRow } from '../../../shared/ipc/qc.ts';
import { command } from '../../data/hooks.ts';
import { announce } from '../../ui/announce.ts';
import { Choice, Field, type FieldProps } from '../../ui/Field.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';

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
  const field = (
    part: keyof typeof given,
    label: string,
    more: Partial<FieldProps> & { 'data-autofocus'?: true } = {},
  ) => (
    <Field
      {...more}
      label={t(label)}
      value={given[part]}
      width="100%"
      error={tried && part in wrong ? wrong[part as keyof typeof wrong] : undefined}
      onChange={(event) => {
        const { value } = event.currentTarget;
        setGiven((before) => ({ ...before, [part]: value }));
      }}
    />
  );
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
        {field('material', 'lots.edit.material', { 'data-autofocus': true })}
        {field('level', 'lots.columns.level', { maxLength: 8 })}
        {field('lot', 'lots.columns.lot', { mono: true })}
        {field('manufacturer', 'lots.manufacturer')}
        {field('expiresOn', 'lots.edit.expires', { placeholder: '2027-03-31' })}
        {field('hours', 'lots.edit.stability', { inputMode: 'decimal', suffix: t('override.h') })}
      </div>
      {field('sentAs', 'lots.edit.sentAs', { mono: true })}
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
