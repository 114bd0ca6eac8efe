import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { PreviewRow } from '../../../../shared/ipc/tools.ts';
import { Bytes } from '../monitor/Trace.tsx';
import { fateOf } from './PreviewTable.tsx';

/** The message as it was sent, record by record; those of results carry the fate of what they hold. */
export function RawMessage({ preview }: { preview: PreviewRow }) {
  const { t } = useTranslation('mapping');
  const records = useMemo(() => {
    let at = 0;
    return preview.raw
      .split(/(?<=\r)/)
      .filter((text) => text !== '')
      .map((text) => {
        const [from, to] = [at, at + text.length];
        at = to;
        const inside = preview.results.filter(
          (result) => result.to > result.from && result.from < to && result.to > from,
        );
        const fate = inside.some((result) => fateOf(result) === 'held')
          ? 'held'
          : inside[0] === undefined
            ? 'none'
            : fateOf(inside[0]);
        return { from, text, fate };
      });
  }, [preview]);
  if (records.length === 0) return null;
  return (
    <>
      <h3 className="ins-heading">{t('preview.raw')}</h3>
      <div className="ins-raw">
        {records.map((record) => (
          <div key={record.from} className={`ins-raw-${record.fate}`}>
            <Bytes text={record.text} />
          </div>
        ))}
      </div>
    </>
  );
}
