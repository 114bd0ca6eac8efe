/** PDFs from the engine come as base64; the shell shows or saves their bytes. */
export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Shows a PDF in a window of its own, from where it can be printed. Rejects with a sentence for a person. */
export async function showPdf(base64: string): Promise<void> {
  await window.levey?.shell.openPdfPreview(bytesOf(base64));
}
