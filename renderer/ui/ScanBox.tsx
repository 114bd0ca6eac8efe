import { IconScan } from '@tabler/icons-react';
import { type Ref, useState } from 'react';
import { useTranslation } from 'react-i18next';

/** The large box that takes a scan or typing. A scan reaches the screen wherever focus is; this is where it is shown and typed. */
export function ScanBox({
  label,
  value,
  onSubmit,
  ref,
}: {
  label: string;
  /** The last scan, shown until something is typed. */
  value: string;
  onSubmit: (text: string) => void;
  ref?: Ref<HTMLInputElement>;
}) {
  const { t } = useTranslation('ui');
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <form
      className="lv-scan-box"
      onSubmit={(event) => {
        event.preventDefault();
        const text = (typed ?? value).trim();
        if (text !== '') onSubmit(text);
        setTyped(null);
      }}
    >
      <IconScan size={20} stroke={1.6} aria-hidden="true" />
      <input
        ref={ref}
        aria-label={label}
        value={typed ?? value}
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => setTyped((text) => (text === '' ? null : text))}
        autoComplete="off"
        spellCheck={false}
      />
      <span className="lv-input-suffix">{t('scanOrType')}</span>
    </form>
  );
}

/** The echo of the last scan in the head of a screen. */
export function ScanEcho({ code, text }: { code: string; text?: string }) {
  return (
    <span className="lv-scan-echo" role="status">
      <IconScan size={14} stroke={1.6} aria-hidden="true" />
      <span className="lv-mono">{code}</span>
      {text === undefined ? null : <span className="lv-caption">{text}</span>}
    </span>
  );
}
