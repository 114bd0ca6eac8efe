import { useId } from 'react';
import { useScreenKeys } from '../app/keys.ts';
import { formatCount } from '../i18n/format.ts';

export interface FilterOption<Id extends string> {
  id: Id;
  label: string;
  /** Shown after the word. */
  count?: number | undefined;
}

/** Filters in one row, chosen with Alt+1, Alt+2 … in their order unless `altKeys` is false. */
export function SegmentedFilter<Id extends string>({
  label,
  options,
  value,
  onChange,
  altKeys = true,
}: {
  /** Name of the group for screen readers. */
  label: string;
  options: readonly FilterOption<Id>[];
  value: Id;
  onChange: (id: Id) => void;
  altKeys?: boolean;
}) {
  const group = useId();
  useScreenKeys(
    altKeys
      ? options.slice(0, 9).map((option, index) => ({
          key: `Alt+${index + 1}`,
          label: option.label,
          ...(option.count === undefined ? {} : { detail: formatCount(option.count) }),
          run: () => onChange(option.id),
          strip: false,
          icon: 'filter' as const,
        }))
      : [],
  );
  return (
    <div className="lv-segments" role="radiogroup" aria-label={label} id={group}>
      {options.map((option, index) => (
        <label key={option.id} className="lv-segment" title={altKeys ? `Alt+${index + 1}` : undefined}>
          <input
            type="radio"
            name={group}
            className="lv-visually-hidden"
            checked={option.id === value}
            onChange={() => onChange(option.id)}
          />
          <span className="lv-segment-label">{option.label}</span>
          {option.count === undefined ? null : (
            <span className="lv-segment-count">{formatCount(option.count)}</span>
          )}
        </label>
      ))}
    </div>
  );
}
