/** A person's name as the store keeps it. */
export interface NameParts {
  /** As written in the person's own script, family name first where the script does so. */
  family?: string | undefined;
  given?: string | undefined;
  /** The whole name when it cannot be split. */
  text?: string | undefined;
  /** In Latin letters, when the name is in another script: `Cohen, Yael`. */
  transliteration?: string | undefined;
}

const hasCase = /[\p{Lu}\p{Ll}]/u;
const greek = /\p{Script=Greek}/u;

/** The name in one line: family name in capitals where its script has them. No family name: the text as it stands. */
export function nameText(name: NameParts): string {
  const family = name.family?.trim() ?? '';
  const given = name.given?.trim() ?? '';
  if (family === '') return given === '' ? (name.text?.trim() ?? '') : given;
  const head = hasCase.test(family) ? capitals(family) : family;
  return given === '' ? head : `${head} ${given}`;
}

/** Capitals as the script writes them: Greek ones carry no accent. */
function capitals(text: string): string {
  return greek.test(text) ? text.toLocaleUpperCase('el') : text.toUpperCase();
}

/** A patient's name in its own script, isolated from the text around it, transliteration second. */
export function PatientName({
  name,
  transliteration = false,
  size = 'grid',
}: {
  name: NameParts;
  /** Show the Latin form after it, when there is one. */
  transliteration?: boolean;
  size?: 'grid' | 'title';
}) {
  const shown = nameText(name);
  return (
    <span className={`lv-name lv-name-${size}`} title={name.transliteration ?? shown}>
      <bdi>{shown}</bdi>
      {transliteration && name.transliteration ? (
        <span className="lv-name-second">
          <bdi>{name.transliteration}</bdi>
        </span>
      ) : null}
    </span>
  );
}
