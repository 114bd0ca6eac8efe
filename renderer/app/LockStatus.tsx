import { useTranslation } from 'react-i18next';
import type { StripRow } from '../../shared/ipc/strip.ts';
import { formatTime } from '../i18n/format.ts';
import { useFormat } from '../i18n/useFormat.ts';
import { Glyph } from '../ui/Glyph.tsx';
import { Keycap } from '../ui/Keycap.tsx';
import { screenDigits } from './screen.ts';
import { lineLook, lineWord } from './TopStrip.tsx';
import { useNow } from './useNow.ts';

/** What goes on while the screen is locked, without patient data: lines, server, and what waits. */
export function LockStatus({ strip }: { strip: StripRow | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  if (strip === undefined) return <div className="lv-lock-side" />;
  const { server } = strip;
  const waits = [
    {
      key: screenDigits.tasks,
      count: strip.criticalCalls,
      mark: (
        <span className="lv-state lv-state-crit">
          <Glyph name="diamond" />
          {t('lock.calls', { count: strip.criticalCalls })}
        </span>
      ),
      text: t('lock.callsWait'),
    },
    {
      key: screenDigits.qc,
      count: strip.qc.rejected,
      mark: (
        <span className="lv-state lv-tone-crit">
          <Glyph name="rejected" />
          {t('lock.controls', { count: strip.qc.rejected })}
        </span>
      ),
      text: t('lock.controlsRejected'),
    },
    {
      key: screenDigits.results,
      count: strip.held + strip.ready,
      mark: (
        <span className="lv-state lv-tone-held">
          <Glyph name="held" />
          {t('lock.held', { count: strip.held })}
        </span>
      ),
      text: t('lock.heldReady', { count: strip.ready }),
    },
  ].filter((line) => line.count > 0);
  return (
    <div className="lv-lock-side">
      <section className="lv-lock-box">
        <div className="lv-lock-head">
          <strong>{t('lock.stillWorking')}</strong>
          <span className="lv-text-2">{t('lock.linesWork')}</span>
        </div>
        {strip.lines.map((line) => (
          <div key={line.id} className="lv-lock-status">
            <strong>{line.name}</strong>
            <span className={`lv-state lv-tone-${lineLook[line.state].tone}`}>
              <Glyph name={lineLook[line.state].glyph} />
              {lineWord(line, t)}
            </span>
            <span className={line.results > 0 ? undefined : 'lv-text-3'}>
              {line.results > 0 ? t('lock.results', { count: line.results }) : t('lock.noneNew')}
            </span>
            <span className="lv-text-3">
              {line.lastByteAt === '' ? '' : format.when(line.lastByteAt, now)}
            </span>
          </div>
        ))}
        {server.state === 'none' ? null : (
          <div className="lv-lock-status lv-lock-server">
            <span className="lv-state lv-tone-quiet">
              <Glyph name={server.state === 'online' ? 'server' : 'offline'} />
              <span>
                <strong>{t(server.state === 'online' ? 'strip.online' : 'strip.offline')}</strong>
                {server.state === 'online' ? null : ` · ${t('strip.workingHere')}`}
              </span>
            </span>
            <span className="lv-text-2">
              {t('lock.offlineQueue', {
                count: server.queued,
                time: server.lastSyncAt === '' ? t('lock.neverSynced') : formatTime(server.lastSyncAt),
              })}
            </span>
          </div>
        )}
      </section>
      {waits.length === 0 ? null : (
        <section className="lv-lock-box">
          {waits.map((line) => (
            <div key={line.key} className="lv-lock-wait">
              {line.mark}
              <span className="lv-text-2">{line.text}</span>
              <Keycap keyName={line.key} />
            </div>
          ))}
        </section>
      )}
    </div>
  );
}
