import type { ReactNode } from 'react';

/** The window's own 12 px state shapes. They differ in outline, so that no meaning rests on colour. */
export type GlyphName =
  | 'upup'
  | 'downdown'
  | 'up'
  | 'down'
  | 'diamond'
  | 'delta'
  | 'flag'
  | 'held'
  | 'ready'
  | 'blocked'
  | 'check'
  | 'tick'
  | 'seal'
  | 'amend'
  | 'rejected'
  | 'dot'
  | 'warn'
  | 'clock'
  | 'excl'
  | 'none'
  | 'local'
  | 'queued'
  | 'server'
  | 'refused'
  | 'offline'
  | 'recv'
  | 'ring'
  | 'half';

const octagon = 'M3.9.8h4.2l3.1 3.1v4.2l-3.1 3.1H3.9L.8 8.1V3.9z';
const octagonOpen = 'M4.1 1.3h3.8l2.8 2.8v3.8l-2.8 2.8H4.1L1.3 7.9V4.1z';
const cross = 'M4.3 4.3l3.4 3.4M7.7 4.3L4.3 7.7';
const cloud = 'M3.1 9.8h5.8a2.2 2.2 0 0 0 .5-4.35A3.35 3.35 0 0 0 3 4.9a2.5 2.5 0 0 0 .1 4.9z';
const line = {
  fill: 'none',
  stroke: 'currentColor',
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const;

const shapes: Record<GlyphName, ReactNode> = {
  upup: <path d="M6 .3l3.7 5.2H2.3zM6 5.1l4.3 6.5H1.7z" fill="currentColor" />,
  downdown: <path d="M6 11.7L2.3 6.5h7.4zM6 6.9L1.7.4h8.6z" fill="currentColor" />,
  up: <path d="M6 2l4.7 8.1H1.3z" fill="currentColor" />,
  down: <path d="M6 10L1.3 1.9h9.4z" fill="currentColor" />,
  diamond: <path d="M6 .7L11.3 6 6 11.3.7 6z" fill="currentColor" />,
  delta: <path d="M6 1.6l4.9 8.9H1.1z" {...line} strokeWidth="1.4" />,
  flag: <path d="M2.3 11V1.4h7.9L8 4.3l2.2 2.9H2.3" {...line} strokeWidth="1.4" />,
  held: (
    <>
      <rect x=".9" y=".9" width="10.2" height="10.2" rx="2.2" {...line} strokeWidth="1.4" />
      <path d="M4.6 4v4M7.4 4v4" {...line} strokeWidth="1.5" />
    </>
  ),
  ready: (
    <>
      <circle cx="6" cy="6" r="4.9" {...line} strokeWidth="1.4" />
      <circle cx="6" cy="6" r="1.9" fill="currentColor" />
    </>
  ),
  blocked: (
    <>
      <circle cx="6" cy="6" r="4.9" {...line} strokeWidth="1.5" />
      <path d="M9.4 2.6L2.6 9.4" {...line} strokeWidth="1.5" />
    </>
  ),
  check: (
    <>
      <circle cx="6" cy="6" r="5.1" {...line} strokeWidth="1.3" />
      <path d="M3.6 6.2l1.7 1.7 3.2-3.6" {...line} strokeWidth="1.4" />
    </>
  ),
  tick: <path d="M1.8 6.4l2.9 2.9 5.6-6.4" {...line} strokeWidth="1.8" />,
  seal: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M6 .3l1.4 1 1.7-.2.7 1.6 1.5.9-.2 1.7.9 1.4-1 1.4.1 1.7-1.6.7-.9 1.5-1.7-.3-1.4.9-1.4-1-1.7.2-.6-1.6-1.6-.9.3-1.7L0 6.2l1-1.4-.2-1.7 1.6-.7.9-1.5 1.7.3zM3.2 6.1l2.2 2.3 3.6-4-1-.9-2.6 2.9-1.2-1.3z"
    />
  ),
  amend: (
    <>
      <path d="M.9 2.6h6.4M.9 5.6h3.6M.9 8.6h1.8" {...line} strokeWidth="1.4" />
      <path d="M4.8 10l.5-2 4.4-4.3a1 1 0 0 1 1.5 1.5L6.8 9.5z" fill="currentColor" />
    </>
  ),
  rejected: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d={`${octagon}M4.5 3.5l-1 1L5 6 3.5 7.5l1 1L6 7l1.5 1.5 1-1L7 6l1.5-1.5-1-1L6 5z`}
    />
  ),
  dot: <circle cx="6" cy="6" r="3.4" fill="currentColor" />,
  warn: (
    <>
      <path d="M6 1.3l5 9.2H1z" {...line} strokeWidth="1.3" />
      <path d="M6 4.6v2.8M6 8.7v.3" {...line} strokeWidth="1.3" />
    </>
  ),
  clock: (
    <>
      <circle
        cx="6"
        cy="6"
        r="4.9"
        {...line}
        strokeWidth="1.4"
        strokeDasharray="1.7 1.38"
        strokeLinecap="butt"
      />
      <path d="M6 3.4V6l1.7 1.2" {...line} strokeWidth="1.3" />
    </>
  ),
  excl: (
    <>
      <circle cx="6" cy="6" r="4" {...line} strokeWidth="1.3" />
      <path d="M10.6 1.4L1.4 10.6" {...line} strokeWidth="1.3" />
    </>
  ),
  none: <path d="M2.3 6h2M6.1 6h2M9.9 6h.3" {...line} strokeWidth="1.5" strokeLinecap="butt" />,
  local: (
    <>
      <rect x=".8" y="1.8" width="10.4" height="6.6" rx="1.2" {...line} strokeWidth="1.4" />
      <path d="M4 10.6h4" {...line} strokeWidth="1.4" />
    </>
  ),
  queued: <path d="M6 10.6V2M2.9 4.9L6 1.8l3.1 3.1" {...line} strokeWidth="1.7" />,
  server: <path d={cloud} fill="currentColor" stroke="currentColor" strokeWidth=".8" />,
  refused: (
    <>
      <path d={octagonOpen} {...line} strokeWidth="1.4" />
      <path d={cross} {...line} strokeWidth="1.4" />
    </>
  ),
  offline: <path d={cloud} {...line} strokeWidth="1.3" />,
  recv: <path d="M6 1.4V10M2.9 7.1L6 10.2l3.1-3.1" {...line} strokeWidth="1.7" />,
  ring: <circle cx="6" cy="6" r="3.8" {...line} strokeWidth="1.5" />,
  half: (
    <>
      <circle cx="6" cy="6" r="4.6" {...line} strokeWidth="1.5" />
      <path d="M6 1.4a4.6 4.6 0 0 0 0 9.2z" fill="currentColor" />
    </>
  ),
};

/** All names, for the states sheet. */
export const glyphNames = Object.keys(shapes) as GlyphName[];

/**
 * One state shape in `currentColor`. Decorative: the word beside it is the name, so it is hidden from screen readers.
 * `size` in px, 12 by default.
 */
export function Glyph({ name, size = 12 }: { name: GlyphName; size?: number }) {
  return (
    <svg
      className="lv-glyph"
      width={size}
      height={size}
      viewBox="0 0 12 12"
      aria-hidden="true"
      focusable="false"
    >
      {shapes[name]}
    </svg>
  );
}
