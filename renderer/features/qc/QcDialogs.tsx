import type { QcPointRow, QcStateRow } from '../../../shared/ipc/qc.ts';
import {
  EnterDialog,
  EventDialog,
  ExcludeDialog,
  OverrideDialog,
  pointFacts,
  ReviewDialog,
} from './dialogs.tsx';

/** The question that is open, if any. */
export type Asked =
  | { kind: 'review'; controlId: string; title: string; facts: { label: string; value: string }[] }
  | { kind: 'exclude'; point: QcPointRow; unit: string }
  | { kind: 'event' | 'override' | 'enter'; row: QcStateRow };

/** Asks about a point of a chart what was done (F6). */
export function aboutPoint(
  t: (key: string) => string,
  point: QcPointRow,
  { testName, unit }: { testName: string; unit: string },
): Asked {
  return {
    kind: 'review',
    controlId: point.id,
    title: `${testName}, ${point.level}`,
    facts: pointFacts(t, point, unit),
  };
}

/** The open question over the screen. */
export function QcDialogs({ asked, onClose }: { asked: Asked | null; onClose: () => void }) {
  if (asked === null) return null;
  switch (asked.kind) {
    case 'review':
      return (
        <ReviewDialog controlId={asked.controlId} title={asked.title} facts={asked.facts} onClose={onClose} />
      );
    case 'exclude':
      return <ExcludeDialog point={asked.point} unit={asked.unit} onClose={onClose} />;
    case 'event':
      return <EventDialog place={asked.row} onClose={onClose} />;
    case 'override':
      return <OverrideDialog row={asked.row} onClose={onClose} />;
    case 'enter':
      return <EnterDialog place={asked.row} onClose={onClose} />;
  }
}
