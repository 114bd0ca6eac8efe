import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { multiplyDecimal } from '../../../../shared/domain/value.ts';
import type { ExceptionDetailRow } from '../../../../shared/ipc/instruments.ts';
import { command, useLive, useLiveOne } from '../../../data/hooks.ts';
import { formatUnit, formatValueText } from '../../../i18n/format.ts';
import { announce } from '../../../ui/announce.ts';
import { Choice, Field } from '../../../ui/Field.tsx';
import { FormDialog } from '../../../ui/FormDialog.tsx';
import type { Asked } from './asked.ts';

const PLAIN = /^\d+(\.\d+)?$/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** Says what a unit is that the profile does not know for this test: another spelling, or one that is converted by an exact factor. */
export function UnitDialog({ exception, line, onClose }: Asked<ExceptionDetailRow>) {
  const { t } = useTranslation('instruments');
  const [how, setHow] = useState<'' | 'same' | 'convert'>('');
  const [factor, setFactor] = useState('');
  const [typedUnit, setTypedUnit] = useState('');
  const [tried, setTried] = useState(false);
  const show = useLiveOne('profile.show', { instrumentId: exception.instrumentId });
  const tests = useLive('catalog.list', { kind: 'test' }).rows;
  const row = show?.tests.find(
    ({ mapping }) => mapping.code === exception.sentTest || mapping.loinc === exception.sentTest,
  );
  const own = row?.mapping.unit ?? null;
  const catalogue = tests.find((test) => test.code === row?.mapping.test)?.unit ?? '';
  const unit = own ?? (typedUnit.trim() || catalogue);
  const times = how === 'same' ? '1' : factor.trim();
  const sent = `${formatValueText(exception.sentValue)} ${formatUnit(exception.sentUnit) || t('map.noUnit')}`;
  const becomes =
    how === '' || !PLAIN.test(times) || !NUMBER.test(exception.sentValue)
      ? null
      : `${formatValueText(multiplyDecimal(exception.sentValue, times))} ${formatUnit(unit)}`;
  const map = async () => {
    setTried(true);
    if (how === '' || !PLAIN.test(times) || unit === '') return 'stay';
    const outcome = await command('exception.mapUnit', {
      taskId: exception.id,
      factor: times,
      ...(own === null ? { unit } : {}),
    });
    if (!outcome.ok) return outcome.error;
    announce(t('unit.done', { unit: exception.sentUnit, ...outcome.value }));
    return undefined;
  };
  return (
    <FormDialog
      title={t('unit.title', { unit: exception.sentUnit || t('map.noUnit'), code: exception.sentTest })}
      text={t('unit.text', { name: line, test: row?.testName ?? exception.sentTest, unit: formatUnit(unit) })}
      confirm={t('unit.confirm')}
      onConfirm={map}
      onClose={onClose}
      facts={[
        { label: t('unit.sent'), value: <b className="lv-strong">{sent}</b> },
        {
          label: t('unit.becomes'),
          value:
            becomes === null ? (
              <span className="lv-text-2">{t('unit.choose')}</span>
            ) : (
              <b className="lv-strong">{becomes}</b>
            ),
        },
      ]}
    >
      <Choice
        label={t('unit.how')}
        width="100%"
        value={how}
        unchosen={t('unit.choose')}
        error={tried && how === '' ? t('unit.choose') : undefined}
        options={[
          { id: 'same', label: t('unit.same', { unit: formatUnit(unit) }) },
          { id: 'convert', label: t('unit.convert') },
        ]}
        onChange={setHow}
      />
      {how === 'convert' ? (
        <Field
          label={t('unit.factor')}
          width="100%"
          inputMode="decimal"
          value={factor}
          suffix={`${formatUnit(exception.sentUnit)} → ${formatUnit(unit)}`}
          error={tried && !PLAIN.test(times) ? t('unit.factorWrong') : undefined}
          onChange={(event) => setFactor(event.currentTarget.value)}
        />
      ) : null}
      {own === null ? (
        <Field
          label={t('unit.unit')}
          width="100%"
          value={typedUnit}
          placeholder={catalogue}
          error={tried && unit === '' ? t('unit.unitWrong') : undefined}
          onChange={(event) => setTypedUnit(event.currentTarget.value)}
        />
      ) : null}
    </FormDialog>
  );
}
