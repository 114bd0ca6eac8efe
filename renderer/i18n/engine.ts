/**
 * The engine's sentences in the language of the window. The engine speaks English; the English texts of the namespace `engine` are its
 * sentences with what is filled in, so that a sentence is known again by its text and said by the translation. One that is not known is
 * shown as it came: English is better than nothing.
 */
import i18next from 'i18next';

/** Which of the engine's sentences: a word like `final` must not be looked for where a name can stand. */
export type EngineGroup =
  | 'line'
  | 'note'
  | 'decode'
  | 'hold'
  | 'selftest'
  | 'probe'
  | 'sync'
  | 'verdict'
  | 'gate'
  | 'age'
  | 'when'
  | 'report'
  | 'errors';

interface Template {
  key: string;
  pattern: RegExp;
  names: readonly string[];
}
type Texts = { readonly [key: string]: string | Texts };

/** Values of these names are sentences themselves, of their own group or of the same. All others stay: they may be a person's name. */
const SENTENCES: ReadonlyMap<string, EngineGroup | 'same'> = new Map([
  ['why', 'same'],
  ['more', 'same'],
  ['ages', 'age'],
  ['when', 'when'],
] as const);

/** A record's fields as the engine names them, `birth date, ward`: each by the name it has on the screens, in the language chosen. */
function fieldNames(spoken: string): string {
  return spoken
    .split(', ')
    .map((name) => {
      const code = name.replace(/ ([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return i18next.t(`sync:fields.${code}`, { defaultValue: name });
    })
    .join(', ');
}

/** Letters of a text outside what is filled in: of two patterns the one that says more is tried first. */
const weight = (text: string): number => text.replace(/\{\{.*?\}\}/g, '').length;

/** The pattern that knows a text again. Exported for its test. */
export function templateOf(key: string, text: string): Template {
  const names: string[] = [];
  const source = text
    .split(/\{\{(\w+)\}\}/)
    .map((part, index) => {
      if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      names.push(part);
      return '(.+?)';
    })
    .join('');
  return { key, pattern: new RegExp(`^${source}$`, 's'), names };
}

function flat(texts: Texts, before: string): [key: string, text: string][] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [[before + key, value]] : flat(value, `${before}${key}.`),
  );
}

const groups = new Map<EngineGroup, readonly Template[]>();

function templates(group: EngineGroup): readonly Template[] {
  const known = groups.get(group);
  if (known !== undefined) return known;
  const english = i18next.getResource('en', 'engine', group) as Texts | undefined;
  const made = flat(english ?? {}, `engine:${group}.`)
    .sort(([, a], [, b]) => weight(b) - weight(a))
    .map(([key, text]) => templateOf(key, text));
  groups.set(group, made);
  return made;
}

/** Sentences said before, by language and group: a trace of hundreds of lines is drawn many times. */
const said = new Map<string, string>();
const REMEMBERED = 2_000;

/**
 * A sentence of the engine in the language chosen. Where it is several sentences, each is said for itself. To be called while
 * something is drawn that uses `t`: then it is drawn anew when another language is chosen.
 * @param sentence as the engine gave it
 */
export function engineText(group: EngineGroup, sentence: string): string {
  if (sentence === '' || i18next.language === 'en') return sentence;
  const at = `${i18next.language} ${group} ${sentence}`;
  const before = said.get(at);
  if (before !== undefined) return before;
  const found = whole(group, sentence) ?? parts(group, sentence);
  if (said.size >= REMEMBERED) said.clear();
  said.set(at, found);
  return found;
}

function whole(group: EngineGroup, sentence: string): string | undefined {
  for (const { key, pattern, names } of templates(group)) {
    const match = pattern.exec(sentence);
    if (match === null) continue;
    const values = names.map((name, index) => {
      const value = match[index + 1] ?? '';
      if (name === 'fields') return [name, fieldNames(value)] as const;
      const within = SENTENCES.get(name);
      return [
        name,
        within === undefined ? value : engineText(within === 'same' ? group : within, value),
      ] as const;
    });
    return i18next.t(key, Object.fromEntries(values));
  }
  return undefined;
}

function parts(group: EngineGroup, sentence: string): string {
  const sentences = sentence.split(/(?<=[.:]) (?=\p{Lu}|\d)/u);
  return sentences.length === 1 ? sentence : sentences.map((one) => whole(group, one) ?? one).join(' ');
}
