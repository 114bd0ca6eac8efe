import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from 'react';
import { Glyph } from './Glyph.tsx';

export interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'size' | 'width'> {
  label: string;
  /** Label above (default), at the left, or only for screen readers. */
  labelAt?: 'top' | 'left' | 'hidden';
  /** What is wrong; stands beside the field. */
  error?: string | undefined;
  /** Unit or a short word inside, at the right end. */
  suffix?: ReactNode;
  prefixIcon?: ReactNode;
  /** px */
  width?: number | string;
  /** 28 px, or 36 px where it ends a step. */
  size?: 'normal' | 'final';
  mono?: boolean;
  ref?: Ref<HTMLInputElement>;
}

/** What is wrong with what was typed or chosen, beside or below it: the one way everywhere. */
export function FieldError({
  id,
  className,
  children,
}: {
  /** What the field is described by. */
  id?: string;
  /** Its place, where it is not that of a field. */
  className?: string;
  children: ReactNode;
}) {
  return (
    <span id={id} className={`lv-field-error${className === undefined ? '' : ` ${className}`}`} role="alert">
      <Glyph name="refused" />
      <span>{children}</span>
    </span>
  );
}

/** A line of text. What is accepted is said beside it when it is not. */
export function Field(props: FieldProps) {
  const {
    label,
    labelAt = 'top',
    error,
    suffix,
    prefixIcon,
    width,
    size = 'normal',
    mono,
    ref,
    ...input
  } = props;
  const id = useId();
  const wrong = error !== undefined && error !== '';
  return (
    <div className={`lv-field lv-field-${labelAt}`}>
      <label htmlFor={id} className={labelAt === 'hidden' ? 'lv-visually-hidden' : 'lv-field-label'}>
        {label}
      </label>
      <div className="lv-field-line">
        <span className={`lv-input lv-input-${size}${wrong ? ' lv-input-wrong' : ''}`} style={{ width }}>
          {prefixIcon}
          <input
            {...input}
            ref={ref}
            id={id}
            className={mono ? 'lv-mono-input' : undefined}
            aria-invalid={wrong}
            aria-describedby={wrong ? `${id}-error` : undefined}
            autoComplete="off"
            spellCheck={false}
          />
          {suffix === undefined ? null : <span className="lv-input-suffix">{suffix}</span>}
        </span>
        {wrong ? <FieldError id={`${id}-error`}>{error}</FieldError> : null}
      </div>
    </div>
  );
}

/** Several lines of text, for comments. */
export function TextField({
  label,
  value,
  onChange,
  rows = 2,
  error,
  labelHidden,
  ref,
  placeholder,
}: {
  label: string;
  value: string;
  onChange: (text: string) => void;
  rows?: number;
  error?: string | undefined;
  labelHidden?: boolean;
  ref?: Ref<HTMLTextAreaElement>;
  placeholder?: string;
}) {
  const id = useId();
  return (
    <div className="lv-field">
      <label htmlFor={id} className={labelHidden ? 'lv-visually-hidden' : 'lv-field-label'}>
        {label}
      </label>
      <textarea
        ref={ref}
        id={id}
        rows={rows}
        className={`lv-textarea${error === undefined ? '' : ' lv-input-wrong'}`}
        value={value}
        placeholder={placeholder}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : `${id}-error`}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {error === undefined ? null : <FieldError id={`${id}-error`}>{error}</FieldError>}
    </div>
  );
}

/** A choice from a short list, in the operating system's own way. */
export function Choice<Id extends string>({
  label,
  options,
  value,
  unchosen,
  error,
  onChange,
  labelHidden,
  width,
}: {
  label: string;
  options: readonly { id: Id; label: string }[];
  /** '' with {@link unchosen}: nothing is chosen yet, so that Enter alone never decides. */
  value: Id | '';
  /** What stands there before anything is chosen; it cannot be chosen again. */
  unchosen?: string;
  /** What is wrong; stands below. */
  error?: string | undefined;
  onChange: (id: Id) => void;
  labelHidden?: boolean;
  width?: number | string;
}) {
  const id = useId();
  return (
    <div className="lv-field">
      <label htmlFor={id} className={labelHidden ? 'lv-visually-hidden' : 'lv-field-label'}>
        {label}
      </label>
      <select
        id={id}
        className={`lv-choice${error === undefined ? '' : ' lv-input-wrong'}`}
        style={{ width }}
        value={value}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : `${id}-error`}
        onChange={(event) => {
          const chosen = options.find((option) => option.id === event.currentTarget.value);
          if (chosen) onChange(chosen.id);
        }}
        onKeyDown={(event) => {
          // Enter does what its form does, as in a line of text; Space and the arrows open and move.
          if (event.key !== 'Enter' || event.currentTarget.form === null) return;
          event.preventDefault();
          event.currentTarget.form.requestSubmit();
        }}
      >
        {value === '' && unchosen !== undefined ? <option value="">{unchosen}</option> : null}
        {options.map((option) => (
          <option key={option.id} value={option.id}>
            {option.label}
          </option>
        ))}
      </select>
      {error === undefined ? null : <FieldError id={`${id}-error`}>{error}</FieldError>}
    </div>
  );
}

/** A box that is on, off, or partly on. */
export function CheckBox({
  label,
  checked,
  onChange,
  labelHidden,
  disabledReason,
}: {
  label: string;
  checked: boolean | 'some';
  onChange: (on: boolean) => void;
  labelHidden?: boolean;
  disabledReason?: string | undefined;
}) {
  return (
    <label className="lv-check" title={disabledReason}>
      <input
        type="checkbox"
        checked={checked === true}
        disabled={disabledReason !== undefined}
        ref={(box) => {
          if (box) box.indeterminate = checked === 'some';
        }}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span className={labelHidden ? 'lv-visually-hidden' : undefined}>{label}</span>
    </label>
  );
}
