import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import english from './en/engine.ts';
import { engineText } from './engine.ts';
import { i18next, startI18n } from './index.ts';

type Texts = { readonly [key: string]: string | Texts };

function sentences(texts: Texts): string[] {
  return Object.values(texts).flatMap((text) => (typeof text === 'string' ? [text] : sentences(text)));
}

/** Sentences that the engine puts together from pieces, and the pieces. */
const composed = new Map<string, string[]>([
  ['{{from}} to {{to}} y', [' y`', ' y`']],
  ['{{from}} to {{to}} d', [' d`', ' d`']],
  ['{{from}} to {{to}} mo', [' mo`', ' mo`']],
  ['{{from}} d to {{to}} y', [' d`', ' y`']],
  ['{{from}} mo to {{to}} y', [' mo`', ' y`']],
  ['{{from}} d to {{to}} mo', [' d`', ' mo`']],
  ['{{value}} is below the range {{range}}.', ['below the range', ' is ']],
  ['{{value}} is above the range {{range}}.', ['above the range', ' is ']],
  ['{{value}} is within the range {{range}}.', ['within the range', ' is ']],
  ['Critical: {{value}} is below {{limit}}.', ['Critical: ', ' is ', 'below']],
  ['Critical: {{value}} is above {{limit}}.', ['Critical: ', ' is ', 'above']],
  [
    'The control {{name}} was never measured with this lot. Measure it.',
    ['was never measured with this lot', '. Measure it.'],
  ],
  ['The control {{name}} is overdue. Measure it.', ['is overdue', '. Measure it.']],
  ['{{name}} not measured', ['not measured']],
  ['{{name}} overdue', ['overdue']],
  ['all, {{ages}}', ['all', ', ']],
  ['male, {{ages}}', ['male']],
  ['female, {{ages}}', ['female']],
  [
    'A frame after {{seconds}} s of silence was answered ACK.',
    ['A frame after ', ' of silence was answered ACK.'],
  ],
  ['It asked for all work.', ['It asked for ', 'all work']],
  ['Another program is already listening on {{where}}.', ['Another program', ' is already listening on ']],
  [
    'The clock of this station is {{apart}} behind the server’s.',
    ['The clock of this station is ', 'behind', ' the server’s.'],
  ],
  [
    'The clock of this station is {{apart}} ahead of the server’s.',
    ['The clock of this station is ', 'ahead of', ' the server’s.'],
  ],
  // The month in letters, as labels write it.
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map(
    (month): [string, string[]] => [`{{day}}-${month}-{{year}} {{time}}`, [`'${month}'`]],
  ),
]);

/** All source text of the engine and of what it shares, without its tests. */
function source(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return source(path);
      return /^(?!.*\.test\.).*\.(ts|json)$/.test(entry.name) ? readFileSync(path, 'utf8') : '';
    })
    .join('\n');
}

beforeAll(async () => {
  globalThis.document ??= { documentElement: { lang: '' } } as unknown as Document;
  startI18n();
});
afterAll(() => i18next.changeLanguage('en'));

describe('sentences of the engine', () => {
  it('stand in its source word by word, so that they are known again', () => {
    const root = join(import.meta.dirname, '..', '..');
    const all = ['main/engine', 'main/shell', 'shared']
      .map((folder) => source(join(root, folder)))
      .join('\n');
    const plain = all.replace(/\\(['"`\\])/g, '$1');
    const unknown = sentences(english).filter((text) => {
      const parts =
        composed.get(text) ?? text.split(/\{\{\w+\}\}/).flatMap((part) => part.split(/[.;:,](?: |$)/));
      return !parts.every((part) => plain.includes(part.trim()));
    });
    expect(unknown).toEqual([]);
  });

  it('are said in the language of the window, with what is filled in as it came', async () => {
    await i18next.changeLanguage('de');
    expect(engineText('line', 'connected with 127.0.0.1:5001')).toBe('verbunden mit 127.0.0.1:5001');
    expect(engineText('line', 'retrying in 16 s')).toBe('neuer Versuch in 16 s');
    expect(engineText('line', 'L11 frame number 3, expected 2')).toBe('L11 Rahmennummer 3, erwartet 2');
    expect(engineText('line', 'L11 over-long')).toBe('L11 zu lang');
    expect(engineText('errors', 'Another program, dcm4che, is already listening on 0.0.0.0:5001.')).toBe(
      'Ein anderes Programm, dcm4che, nutzt 0.0.0.0:5001 schon.',
    );
    expect(engineText('sync', 'The server allows 12 writes in 10 s.')).toBe(
      'Der Server erlaubt 12 Schreibvorgänge in 10 s.',
    );
    expect(engineText('probe', '7 of 16 not: one has a wrong checksum.')).toBe(
      '7 von 16 nicht: einer hat eine falsche Prüfsumme.',
    );
  });

  it('names when, and the fields of a record, as the window does', async () => {
    await i18next.changeLanguage('de');
    expect(
      engineText('errors', 'CHEM1 was taken over at A1 by Sam Okafor, 29-Jul-2026 06:25: No power.'),
    ).toBe('CHEM1 wurde an A1 von Sam Okafor übernommen, 29. Juli 2026, 06:25: No power.');
    expect(engineText('errors', 'CHEM1 was taken over at A1 by Sam Okafor, 29-Oct-2026 06:25.')).toBe(
      'CHEM1 wurde an A1 von Sam Okafor übernommen, 29. Okt. 2026, 06:25.',
    );
    expect(engineText('errors', 'A1 has CHEM1 and is there.')).toBe('A1 hat CHEM1 und ist da.');
    expect(engineText('sync', '1 waits for a person: Changed here and at the server: birth date, ward')).toBe(
      '1 wartet auf eine Person: Hier und am Server geändert: Geburtsdatum, Station',
    );
    expect(engineText('decode', 'A message begins with H; this one begins with P.')).toBe(
      'Eine Nachricht beginnt mit H; diese beginnt mit P.',
    );
  });

  it('are said one by one where several stand together', async () => {
    await i18next.changeLanguage('de');
    expect(
      engineText(
        'decode',
        'No readable header record: the delimiters are unknown. No L record: the message is incomplete.',
      ),
    ).toBe(
      'Kein lesbarer Kopfsatz: die Trennzeichen sind unbekannt. Kein L-Satz: die Nachricht ist unvollständig.',
    );
    expect(engineText('selftest', '35 as it should be, 0 not. The longest text was 63 bytes.')).toBe(
      '35 richtig, 0 nicht. Der längste Text hatte 63 Bytes.',
    );
  });

  it('leave a name as it is, whatever it is', async () => {
    await i18next.changeLanguage('de');
    expect(engineText('note', 'received, final')).toBe('angenommen, final');
    expect(engineText('note', 'received, O’Brien (Jr.)')).toBe('angenommen, O’Brien (Jr.)');
    expect(engineText('sync', '1 refused: The server has 2 records with this identifier. Paused.')).toBe(
      '1 abgewiesen: Der Server hat 2 Datensätze mit dieser Kennung. Paused.',
    );
  });

  it('V1 V3 the reasons of a verdict keep every figure and name', async () => {
    await i18next.changeLanguage('de');
    expect(engineText('verdict', 'Critical: 6.67 is above 6.2.')).toBe('Kritisch: 6.67 liegt über 6.2.');
    expect(engineText('verdict', '+2.7 in 24 h, from 4.1. Limit ±1.0 mmol/L in 24 h.')).toBe(
      '+2.7 in 24 h, von 4.1. Grenze ±1.0 mmol/L in 24 h.',
    );
    expect(engineText('verdict', 'Range 0.27–4.20 for all, 18 to 120 y.')).toBe(
      'Bereich 0.27–4.20: alle, 18 bis 120 J.',
    );
    expect(engineText('verdict', 'Range 3.5–5.1 for female, 28 d to 2 y.')).toBe(
      'Bereich 3.5–5.1: weiblich, 28 T bis 2 J.',
    );
    expect(engineText('report', 'Critical and the call not recorded: PLT, K.')).toBe(
      'Kritisch, und der Anruf ist nicht festgehalten: PLT, K.',
    );
  });

  it('stay English where they are not known, and where English is spoken', async () => {
    await i18next.changeLanguage('de');
    expect(engineText('line', 'something new')).toBe('something new');
    expect(engineText('line', '')).toBe('');
    // A word of one group is nothing in another.
    expect(engineText('line', 'final')).toBe('final');
    await i18next.changeLanguage('en');
    expect(engineText('line', 'port closed')).toBe('port closed');
  });
});
