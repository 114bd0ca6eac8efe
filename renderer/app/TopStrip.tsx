import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { WhoRow } from '../../shared/ipc/access.ts';
import type { LineState, StripRow } from '../../shared/ipc/strip.ts';
import { formatTime } from '../i18n/format.ts';
import { useFormat } from '../i18n/useFormat.ts';
import { Glyph, type GlyphName } from '../ui/Glyph.tsx';
import { Keycap } from '../ui/Keycap.tsx';
import { Initials } from '../ui/Layout.tsx';
import { goTo } from './navigation.ts';
import { useNow } from './useNow.ts';

/** Shape and tone of a line's state; the word is `app:line.<state>`. */
export const lineLook: Record<LineState, { glyph: GlyphName; tone: string }> = {
  ready: { glyph: 'dot', tone: 'ok' },
  receiving: { glyph: 'recv', tone: 'accent' },
  sending: { glyph: 'queued', tone: 'accent' },
  qc: { glyph: 'warn', tone: 'abn' },
  off: { glyph: 'ring', tone: 'quiet' },
  noAnswer: { glyph: 'rejected', tone: 'crit' },
  failed: { glyph: 'rejected', tone: 'crit' },
  elsewhere: { glyph: 'ring', tone: 'quiet' },
};

/** The state of a line in a word: where it is when another station has it. */
export function lineWord(line: Pick<StripRow['lines'][number], 'state' | 'at'>, t: TFunction): string {
  if (line.state !== 'elsewhere' || line.at === '') return t(`line.${line.state}`);
  return t('line.at', { station: line.at });
}

/** Lines shown by name; the others are counted. */
const MOST_LINES = 6;

export interface TopStripProps {
  station: string;
  strip: StripRow | undefined;
  person: WhoRow | null;
  demo?: boolean;
  onLock: () => void;
}

/** The state of the bench: lines, QC, server, time, who. On every screen, always in the same place. */
export function TopStrip({ station, strip, person, demo, onLock }: TopStripProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const lines = strip?.lines ?? [];
  return (
    <section className="lv-top-strip" aria-label={t('strip.label')}>
      <span className="lv-strip-bench">{station}</span>
      {demo ? <span className="lv-strip-demo">{t('strip.demo')}</span> : null}
      <span className="lv-strip-line" />
      <div className="lv-strip-lines">
        {lines.slice(0, MOST_LINES).map((line) => (
          <button
            type="button"
            key={line.id}
            className="lv-strip-item"
            title={line.why}
            onClick={() => goTo('instruments', line.id)}
          >
            <span className={`lv-tone-${lineLook[line.state].tone}`}>
              <Glyph name={lineLook[line.state].glyph} />
            </span>
            <span className="lv-medium">{line.name}</span>
            <span className="lv-text-2">{lineWord(line, t)}</span>
          </button>
        ))}
        {lines.length > MOST_LINES ? (
          <span className="lv-text-3">{t('strip.moreLines', { count: lines.length - MOST_LINES })}</span>
        ) : null}
      </div>
      {lines.length > 0 ? <span className="lv-strip-line" /> : null}
      {strip === undefined ? null : <QcState qc={strip.qc} />}
      <span className="lv-grow" />
      {strip === undefined ? null : <ServerState server={strip.server} />}
      <span className="lv-strip-line" />
      <span className="lv-strip-item">
        <span className="lv-text-2">{format.day(now)}</span>
        <span className="lv-strong">{formatTime(now)}</span>
      </span>
      <span className="lv-strip-line" />
      {person === null ? (
        <span className="lv-text-2">{t('strip.nobody')}</span>
      ) : (
        <button type="button" className="lv-strip-item" onClick={onLock} title={t('keys.lock')}>
          <Initials text={person.initials} solid />
          <span className="lv-medium">{person.name}</span>
          <Keycap keyName="F12" />
        </button>
      )}
    </section>
  );
}

function QcState({ qc }: { qc: StripRow['qc'] }) {
  const { t } = useTranslation();
  const calm = qc.rejected === 0 && qc.overdue === 0 && qc.warnings === 0;
  return (
    <span className="lv-strip-item">
      <span className="lv-text-3">{t('strip.qc')}</span>
      {qc.rejected > 0 ? (
        <span className="lv-state lv-tone-crit">
          <Glyph name="rejected" />
          {t('strip.rejected', { count: qc.rejected })}
        </span>
      ) : null}
      {qc.overdue > 0 ? (
        <span className="lv-state lv-tone-abn">
          <Glyph name="clock" />
          {t('strip.overdue', { count: qc.overdue })}
        </span>
      ) : null}
      {qc.warnings > 0 ? (
        <span className="lv-state lv-tone-abn">
          <Glyph name="warn" />
          {t('strip.warnings', { count: qc.warnings })}
        </span>
      ) : null}
      {calm && qc.evaluated > 0 ? (
        <span className="lv-state lv-tone-ok">
          <Glyph name="dot" />
          {t('strip.inControl')}
        </span>
      ) : null}
      {calm && qc.evaluated === 0 ? (
        <span className="lv-state lv-tone-quiet">
          <Glyph name="none" />
          {t('strip.noQc')}
        </span>
      ) : null}
    </span>
  );
}

function ServerState({ server }: { server: StripRow['server'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const words = {
    online: t('strip.online'),
    offline: t('strip.offline'),
    paused: t('strip.paused'),
    none: t('strip.noServer'),
  };
  const glyphs = { online: 'server', offline: 'offline', paused: 'held', none: 'none' } as const;
  return (
    <button type="button" className="lv-strip-item lv-strip-server" onClick={() => goTo('sync')}>
      <span className="lv-state lv-tone-quiet">
        <Glyph name={glyphs[server.state]} />
        <span>
          <span className="lv-strong">{words[server.state]}</span>
          {server.state === 'offline' ? ` · ${t('strip.workingHere')}` : null}
        </span>
      </span>
      {server.state === 'none' ? null : (
        <span className="lv-text-2 lv-strip-queued">{t('strip.queued', { count: server.queued })}</span>
      )}
      {server.refused > 0 ? (
        <span className="lv-tone-crit">{t('strip.refused', { count: server.refused })}</span>
      ) : null}
      {server.lastSyncAt === '' ? null : (
        <span className="lv-text-3 lv-strip-sync">
          {t('strip.lastSync', { time: format.when(server.lastSyncAt, now) })}
        </span>
      )}
    </button>
  );
}
