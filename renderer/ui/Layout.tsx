import type { ReactNode } from 'react';
import { Glyph, type GlyphName } from './Glyph.tsx';
import { Keycap } from './Keycap.tsx';

/** The head of a screen, 44 px: title, filters, and at the right what is worth knowing or finding. */
export function ScreenHead({
  title,
  children,
  right,
}: {
  title: string;
  children?: ReactNode;
  right?: ReactNode;
}) {
  return (
    <header className="lv-screen-head">
      <h1>{title}</h1>
      {children}
      <span className="lv-grow" />
      {right}
    </header>
  );
}

/** Two panes: the rows at the left, the right panel (why) beside them. */
export function ScreenBody({ children, panel }: { children: ReactNode; panel?: ReactNode }) {
  return (
    <div className="lv-screen-body">
      <div className="lv-pane">{children}</div>
      {panel}
    </div>
  );
}

/** The right panel: what is it, whose is it, why this state, what would change it, what can I press. */
export function Panel({
  label,
  children,
  foot,
  width,
  shown,
}: {
  /** Name for screen readers. */
  label: string;
  children: ReactNode;
  /** The buttons at its lower end. */
  foot?: ReactNode;
  /** px, 328 by default, up to 528 where fields are compared. */
  width?: number;
  /** In a narrow window (below 1280 px) it lies over the rows, and only while this is true; left out, it stays beside them. */
  shown?: boolean;
}) {
  return (
    <aside
      className={shown === undefined ? 'lv-panel' : `lv-panel lv-panel-over${shown ? '' : ' lv-panel-away'}`}
      aria-label={label}
      style={width === undefined ? undefined : { width }}
    >
      <div className="lv-panel-scroll">{children}</div>
      {foot === undefined ? null : <div className="lv-panel-foot">{foot}</div>}
    </aside>
  );
}

/** One part of a panel, closed by a line. With a title it has a head row. */
export function PanelSection({
  title,
  detail,
  keyName,
  tone,
  glyph,
  children,
}: {
  title?: ReactNode;
  detail?: ReactNode;
  keyName?: string;
  tone?: 'held' | 'crit' | 'ok' | 'abn' | 'accent';
  glyph?: GlyphName;
  children?: ReactNode;
}) {
  return (
    <section className="lv-panel-section">
      {title === undefined ? null : (
        <div className={`lv-panel-head${tone ? ` lv-tone-${tone}` : ''}`}>
          {glyph ? <Glyph name={glyph} size={14} /> : null}
          <h2>{title}</h2>
          {detail === undefined ? null : <span className="lv-panel-detail">{detail}</span>}
          <span className="lv-grow" />
          {keyName === undefined ? null : <Keycap keyName={keyName} />}
        </div>
      )}
      {children}
    </section>
  );
}

/** One rule or fact of a panel: shape, name, numbers at the right, a sentence below. */
export function Because({
  glyph,
  tone = 'held',
  title,
  numbers,
  children,
}: {
  glyph: GlyphName;
  tone?: 'held' | 'crit' | 'ok' | 'abn' | 'quiet';
  title: ReactNode;
  numbers?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="lv-because">
      <span className={`lv-tone-${tone}`}>
        <Glyph name={glyph} />
      </span>
      <span className="lv-because-title">{title}</span>
      <span className="lv-because-numbers">{numbers}</span>
      {children === undefined ? null : <span className="lv-because-text">{children}</span>}
    </div>
  );
}

/** The tinted box that says what would change a state. */
export function ReasonBox({
  tone = 'held',
  children,
}: {
  tone?: 'held' | 'crit' | 'abn' | 'ok' | 'quiet';
  children: ReactNode;
}) {
  return <div className={`lv-reason-box lv-soft-${tone}`}>{children}</div>;
}

/** Facts as two columns: caption at the left, value at the right. */
export function Facts({ rows }: { rows: readonly { label: ReactNode; value: ReactNode; id?: string }[] }) {
  return (
    <dl className="lv-facts">
      {rows.map((row, index) => (
        <div key={row.id ?? (typeof row.label === 'string' ? row.label : index)}>
          <dt>{row.label}</dt>
          <dd>{row.value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A bar above a group of rows, 36 px: bold title, what it holds, actions at the right. */
export function SectionBar({
  title,
  detail,
  children,
  right,
}: {
  title: ReactNode;
  detail?: ReactNode;
  children?: ReactNode;
  right?: ReactNode;
}) {
  return (
    <div className="lv-section-bar">
      <h2>{title}</h2>
      {detail === undefined ? null : <span className="lv-section-detail">{detail}</span>}
      {children}
      <span className="lv-grow" />
      {right}
    </div>
  );
}

/** The bar over the foot of a grid while rows are selected, 44 px: what is selected, what will happen, the buttons. */
export function BulkBar({ children, actions }: { children: ReactNode; actions: ReactNode }) {
  return (
    <div className="lv-bulk-bar" role="status">
      {children}
      <span className="lv-grow" />
      {actions}
    </div>
  );
}

/** A banner in place, never a blocking dialog: what happened, what is safe, what to do. Offline is `quiet`. */
export function Banner({
  tone,
  glyph,
  title,
  children,
  action,
  note,
}: {
  tone: 'crit' | 'held' | 'abn' | 'quiet' | 'ok';
  glyph?: GlyphName;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  note?: ReactNode;
}) {
  const shapes = { crit: 'rejected', held: 'held', abn: 'warn', quiet: 'offline', ok: 'check' } as const;
  return (
    <div className={`lv-banner lv-banner-${tone}`} role={tone === 'crit' ? 'alert' : 'status'}>
      <span className={`lv-tone-${tone}`}>
        <Glyph name={glyph ?? shapes[tone]} size={14} />
      </span>
      <div className="lv-grow">
        <div className="lv-banner-title">{title}</div>
        {children === undefined ? null : <div className="lv-banner-text">{children}</div>}
      </div>
      {note === undefined ? null : <span className="lv-caption">{note}</span>}
      {action}
    </div>
  );
}

/** An empty screen: one bold sentence of fact, one of what comes next, at most one button. */
export function EmptyState({
  title,
  next,
  action,
}: {
  title: ReactNode;
  next?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="lv-empty">
      <p className="lv-strong">{title}</p>
      {next === undefined ? null : <p className="lv-text-2">{next}</p>}
      {action}
    </div>
  );
}

/** A small bordered mark: `STAT`. */
export function Tag({ children }: { children: ReactNode }) {
  return <span className="lv-tag">{children}</span>;
}

/** A person's initials in a round. */
export function Initials({ text, solid }: { text: string; solid?: boolean }) {
  return (
    <span className={`lv-initials${solid ? ' lv-initials-solid' : ''}`} aria-hidden="true">
      {text}
    </span>
  );
}
