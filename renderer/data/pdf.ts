import type { PlainError } from '../../shared/errors.ts';
import type { Outcome } from './client.ts';

/** PDFs from the engine come as base64; the shell shows or saves their bytes. */
export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Shows a PDF in a window of its own, from where it can be printed. Rejects with a sentence for a person. */
export async function showPdf(base64: string): Promise<void> {
  await window.levey?.shell.openPdfPreview(bytesOf(base64));
}

/** Where a PDF goes once it is made. */
type Show<Made> = (made: Made) => Promise<void>;

/**
 * Lets the engine make a PDF and shows it in a window of its own, or does with it what `show` says.
 * @param onMade told what went wrong in making it, and undefined when nothing did
 * @param onUnshown told what was thrown when it was made and could not be shown
 */
export function pdfMaker(
  onMade: (error: PlainError | undefined) => void,
  onUnshown: (thrown: unknown) => void,
): <Made extends { pdf: string }>(make: () => Promise<Outcome<Made>>, show?: Show<Made>) => Promise<void> {
  return async (make, show = ({ pdf }) => showPdf(pdf)) => {
    const outcome = await make();
    onMade(outcome.ok ? undefined : outcome.error);
    if (!outcome.ok) return;
    try {
      await show(outcome.value);
    } catch (thrown) {
      onUnshown(thrown);
    }
  };
}

/** The error a person sees when a file was made and could not be shown or saved. */
export function unshownError(thrown: unknown, known: Pick<PlainError, 'code' | 'safe' | 'todo'>): PlainError {
  return { ...known, what: thrown instanceof Error ? thrown.message : String(thrown) };
}
