import { useTranslation } from 'react-i18next';
import { Keycap } from '../../ui/Keycap.tsx';

/** One side of a field in conflict: a radio button drawn as a box, its digit at the right end. */
export function Side({
  name,
  text,
  label,
  chosen,
  digit,
  onChoose,
}: {
  /** Name of the pair. */
  name: string;
  text: string;
  /** Whose side it is. */
  label: string;
  chosen: boolean;
  digit: string | undefined;
  onChoose: () => void;
}) {
  const { t } = useTranslation('sync');
  return (
    <label className="sync-side" title={text}>
      <input type="radio" name={name} checked={chosen} onChange={onChoose} />
      <span className="lv-visually-hidden">{label}: </span>
      <bdi className={text === '' ? 'lv-text-2 lv-grow lv-ellipsis' : 'lv-grow lv-ellipsis'}>
        {text === '' ? t('conflict.notGiven') : text}
      </bdi>
      {digit === undefined ? null : <Keycap keyName={digit} />}
    </label>
  );
}
