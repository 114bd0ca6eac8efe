/** Dialogs, files, clipboard and printers: what the shell does for the window, and for the engine, at the operating system. */
import { spawn } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type BrowserWindow, dialog } from 'electron';
import { z } from 'zod';
import { toPlainError } from '../../shared/errors.ts';
import type { ChosenFile, PrintDone, PrintJob, SystemPrinter } from '../../shared/ipc/envelope.ts';

const LARGEST_FILE = 64 * 1024 * 1024;
const PRINT_MS = 60_000;

const FileQuestion = z.object({
  title: z.string().max(200),
  filters: z
    .array(z.object({ name: z.string().max(100), extensions: z.array(z.string().max(16)).max(20) }))
    .max(20),
});
const TableToSave = z.object({ suggestedName: z.string().max(200), text: z.string().max(LARGEST_FILE) });
const DocumentToSave = z.object({ suggestedName: z.string().max(200), bytes: z.instanceof(Uint8Array) });

/** Asks for a file and reads it. The argument is checked: it comes from the window. */
export async function chooseFile(window: BrowserWindow, argument: unknown): Promise<ChosenFile | null> {
  const question = FileQuestion.parse(argument);
  const answer = await dialog.showOpenDialog(window, { ...question, properties: ['openFile'] });
  const [path] = answer.filePaths;
  if (answer.canceled || path === undefined) return null;
  if ((await stat(path)).size > LARGEST_FILE) throw new Error('This file is larger than 64 MiB.');
  return { name: basename(path), bytes: new Uint8Array(await readFile(path)) };
}

/** Asks where to and writes a document. */
export async function savePdf(window: BrowserWindow, argument: unknown): Promise<{ name: string } | null> {
  const document = DocumentToSave.parse(argument);
  return save(window, document.suggestedName, { name: 'PDF', ending: 'pdf' }, document.bytes);
}

/** Asks where to and writes a table of figures, with a mark at its start by which spreadsheets know UTF-8. */
export async function saveCsv(window: BrowserWindow, argument: unknown): Promise<{ name: string } | null> {
  const table = TableToSave.parse(argument);
  return save(window, table.suggestedName, { name: 'CSV', ending: 'csv' }, `\ufeff${table.text}`);
}

async function save(
  window: BrowserWindow,
  suggested: string,
  { name, ending }: { name: string; ending: string },
  content: Uint8Array | string,
): Promise<{ name: string } | null> {
  const answer = await dialog.showSaveDialog(window, {
    defaultPath: safeName(suggested, ending),
    filters: [{ name, extensions: [ending] }],
  });
  if (answer.canceled || answer.filePath === '') return null;
  await writeFile(answer.filePath, content, { mode: 0o600 });
  return { name: basename(answer.filePath) };
}

/** A file name out of whatever was suggested: letters, digits, dot, dash and space only, with the ending that is wanted. */
export function safeName(suggested: string, ending = 'pdf'): string {
  const stem = basename(suggested)
    .replace(/\.[a-z]{3}$/i, '')
    .replace(/[^\p{L}\p{N} ._-]/gu, '_')
    .replace(/^\.+/, '')
    .trim();
  return `${stem === '' ? 'document' : stem}.${ending}`;
}

/** The printers that the operating system knows. */
export async function printers(window: BrowserWindow): Promise<SystemPrinter[]> {
  const found = await window.webContents.getPrintersAsync();
  return found.map((printer) => ({ name: printer.name, label: printer.displayName || printer.name }));
}

/**
 * Gives a PDF to the operating system's printing service through a pipe, so that it is never in a file of ours.
 * Never throws: what went wrong is in the answer.
 */
export async function print(job: PrintJob): Promise<PrintDone> {
  try {
    if (process.platform === 'win32')
      throw new Error('Printing PDFs through Windows needs a viewer: save it and print it there.');
    const args = ['-n', String(job.copies), '-t', 'Levey'];
    if (job.printer !== '') args.push('-d', job.printer);
    await pipeTo('lp', args, job.pdf);
    return { jobId: job.jobId };
  } catch (error) {
    const what = toPlainError(error).what.replace(/^Something failed inside the engine: /, '');
    return {
      jobId: job.jobId,
      error: {
        code: 'print.refused',
        what: `The printing service did not take the document: ${what}`,
        safe: 'The document is kept and can be printed again.',
        todo: 'Check the printer in the system settings, or save the document as a PDF.',
      },
    };
  }
}

function pipeTo(program: string, args: string[], bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], timeout: PRINT_MS });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else
        reject(new Error(complaint.trim() === '' ? `${program} ended with code ${code}` : complaint.trim()));
    });
    // A printer that hangs up early is reported by the exit code; without this its broken pipe would end the shell.
    child.stdin.on('error', () => undefined);
    child.stdin.end(bytes);
  });
}
