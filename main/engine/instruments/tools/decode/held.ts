/** A message that is held as a whole, taken apart as far as it goes, with the place where it stops making sense. Pure. */
import type { DecodePiece, HeldDecode } from '../../../../../shared/ipc/tools-line.ts';
import type { Protocol } from '../../../../../shared/profiles/profile.ts';
import { fromBinary } from '../../../../../shared/protocols/astm/bytes.ts';
import { takeApartAstm, takeApartHl7, takeApartLines } from './pieces.ts';

/** Pieces shown on each side of the fault. */
const MOST_PIECES = 120;

/**
 * @param raw the message as journalled, latin1
 * @param why what the exception says of it, in words
 * @param broken it broke off (R11): the fault is that it ends
 */
export function decodeHeld(raw: string, protocol: Protocol, why: string, broken: boolean): HeldDecode {
  const bytes = fromBinary(raw);
  const taken =
    protocol === 'astm'
      ? takeApartAstm(bytes)
      : protocol === 'hl7'
        ? takeApartHl7(bytes)
        : takeApartLines(bytes);
  const named = (piece: Made, at: number): DecodePiece => ({ ...piece, id: String(at) });
  const found = faultOf(raw, taken.pieces.map(named), taken.problems, why, broken);
  const headless =
    protocol === 'astm' && raw !== '' && taken.pieces.every(({ problems }) => problems.length > 0);
  const pieces = (headless ? asIfHeaded(raw) : taken.pieces).map(named);
  const fault =
    headless && found !== null
      ? { ...found, text: `${found.text} Shown as if they were the usual ones, | \\ ^ &.` }
      : found;
  const at = Math.max(
    0,
    pieces.findIndex((piece) => fault !== null && piece.to > fault.from),
  );
  const from = Math.max(0, at - MOST_PIECES);
  return {
    pieces: pieces.slice(from, at + MOST_PIECES),
    leftOut: pieces.length - pieces.slice(from, at + MOST_PIECES).length,
    fault,
  };
}

type Made = Omit<DecodePiece, 'id'>;

/** R1: records without a header, with the usual delimiters; the first of them keeps the fault. */
function asIfHeaded(raw: string): Made[] {
  const assumed = 'H|\\^&\r';
  const shift = assumed.length;
  return takeApartAstm(fromBinary(assumed + raw))
    .pieces.slice(1)
    .map((piece, at) => ({
      ...piece,
      from: piece.from - shift,
      to: piece.to - shift,
      problems: at === 0 ? ['R1: no readable header stands here.', ...piece.problems] : piece.problems,
    }));
}

function faultOf(
  raw: string,
  pieces: readonly DecodePiece[],
  problems: readonly string[],
  why: string,
  broken: boolean,
): HeldDecode['fault'] {
  // The line an explanation names is more exact than what its form tells.
  const line = Number(/\bLine (\d+)\b/.exec(why)?.[1] ?? 0);
  const records = pieces.filter((piece) => piece.kind === 'record');
  const named = line > 0 ? records[line - 1] : undefined;
  if (named !== undefined) return { from: named.from, to: named.to, text: why };
  const odd = pieces.find((piece) => piece.problems.length > 0);
  if (odd !== undefined) return { from: odd.from, to: odd.to, text: odd.problems[0] ?? why };
  if (/\bheader\b/i.test(why) && records[0] !== undefined)
    return { from: records[0].from, to: records[0].to, text: why };
  const control = /[\0-\x08\x0e-\x19]/.exec(raw);
  if (/not a text file/.test(why) && control !== null)
    return { from: control.index, to: control.index + 1, text: why };
  if (broken) return { from: raw.length, to: raw.length, text: 'It ends here; the rest never came.' };
  if (problems[0] !== undefined) {
    const first = pieces[0];
    return { from: first?.from ?? 0, to: first?.to ?? 0, text: problems[0] };
  }
  return null;
}
