import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { QcStateRow } from '../../../shared/ipc/qc.ts';
import { State } from '../../ui/State.tsx';
import { gateKinds, pointKinds, signedZ } from './words.ts';

/** All tests beside each other, failed first, while one of them is looked at: name, levels, state. */
export function Strip({
  rows,
  chosen,
  onChoose,
}: {
  rows: readonly QcStateRow[];
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const { t } = useTranslation('qc');
  const here = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (chosen !== '') here.current?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }, [chosen]);
  const most = Math.max(1, ...rows.map((row) => row.levels.length));
  return (
    <div className="qc-strip" role="listbox" aria-label={t('tests')}>
      {rows.map((row) => {
        const levels = [...row.levels].sort((a, b) => a.level.localeCompare(b.level));
        return (
          <button
            type="button"
            key={row.id}
            ref={row.id === chosen ? here : undefined}
            role="option"
            aria-selected={row.id === chosen}
            tabIndex={-1}
            className="qc-strip-test"
            onClick={() => onChoose(row.id)}
          >
            <span className="qc-strip-name">
              <b>{row.testName}</b>
              <span className="lv-text-3">{row.instrumentName}</span>
            </span>
            {Array.from({ length: most }, (_, index) => levels[index]).map((level, index) => (
              <span key={level?.lotId ?? index} className="qc-strip-level">
                {level === undefined ? (
                  <span className="lv-text-3">·</span>
                ) : level.controlId === '' ? (
                  <State kind="overdue" word={t('due')} small />
                ) : (
                  <State
                    kind={pointKinds[level.state]}
                    word={level.z === null ? '–' : signedZ(level.z)}
                    strong={level.state === 'rejected' || level.state === 'warning'}
                    small
                  />
                )}
              </span>
            ))}
            <span className={`qc-strip-state qc-strip-${gateKinds[row.state]}`}>
              {t(`gate.${row.state}`)}
            </span>
          </button>
        );
      })}
    </div>
  );
}
