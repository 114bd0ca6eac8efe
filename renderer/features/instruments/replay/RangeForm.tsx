import { useTranslation } from 'react-i18next';
import { Choice, Field } from '../../../ui/Field.tsx';
import type { Range } from './range.ts';

/** Which captured messages are replayed. */
export function RangeForm({
  range,
  onRange,
  wrong,
}: {
  range: Range;
  onRange: (range: Range) => void;
  wrong: 'last' | 'from' | 'to' | undefined;
}) {
  const { t } = useTranslation('replay');
  const time = (field: 'from' | 'to') => (
    <Field
      label={t(`range.${field}`)}
      labelAt="left"
      placeholder={t(`range.example.${field}`)}
      width={150}
      value={range[field]}
      error={wrong === field ? t(`range.wrong.${field}`) : undefined}
      onChange={(event) => onRange({ ...range, [field]: event.currentTarget.value })}
    />
  );
  return (
    <>
      <Choice
        label={t('range.by')}
        labelHidden
        width={150}
        value={range.by}
        options={(['last', 'between'] as const).map((id) => ({ id, label: t(`range.${id}`) }))}
        onChange={(by) => onRange({ ...range, by })}
      />
      {range.by === 'last' ? (
        <Field
          label={t('range.count')}
          labelAt="hidden"
          inputMode="numeric"
          width={118}
          suffix={t('range.messages')}
          value={range.last}
          error={wrong === 'last' ? t('range.wrong.last') : undefined}
          onChange={(event) => onRange({ ...range, last: event.currentTarget.value })}
        />
      ) : (
        <>
          {time('from')}
          {time('to')}
        </>
      )}
    </>
  );
}
