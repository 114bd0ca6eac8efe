/** Short words the engine gives with its rows in English: sex and age, and what stands beside a verdict. Here in the language chosen. */

/** i18next's `t`, of any namespace. */
type Say = (key: string, values?: { count: number }) => string;

/** `61 y`, `5 mo`, `92–93 y`, an age limit `28 d`; what is no age stays as it is. */
export function ageText(t: Say, age: string): string {
  return age.replace(
    /(\d) (d|mo?|y)$/,
    (_, digit: string, unit: string) => `${digit} ${t(`ui:who.age.${unit}`)}`,
  );
}

/** The letter of a sex as the engine gives it (`M`, `F`, `X`); a dash where it is not known. */
export function sexText(t: Say, sex: string): string {
  return /^[MFX]$/.test(sex) ? t(`ui:who.sex.${sex}`) : sex || t('ui:who.sex.none');
}

/** `F 61 y`; a dash where the sex is not known. @param between stands between the two */
export function whoText(t: Say, row: { sex: string; age: string }, between = ' '): string {
  return [sexText(t, row.sex), ageText(t, row.age)].filter(Boolean).join(between);
}

/** Words of `verdictReason` and their names in the texts. Names of flags and people's initials stay as they are. */
const reasons: Record<string, string> = {
  QC: 'qc',
  'no sex': 'noSex',
  'no age': 'noAge',
  'no range': 'noRange',
  specimen: 'specimen',
  'no patient': 'noPatient',
  'off scale': 'offScale',
  implausible: 'implausible',
  undecided: 'undecided',
  history: 'history',
  delta: 'delta',
  critical: 'critical',
  empty: 'empty',
  unit: 'unit',
  mapping: 'mapping',
};

/** What stands beside a verdict: `delta`, `QC`, `3 rules`. */
export function reasonText(t: Say, reason: string): string {
  const rules = /^(\d+) rules$/.exec(reason);
  if (rules !== null) return t('ui:reasons.rules', { count: Number(rules[1]) });
  const name = Object.hasOwn(reasons, reason) ? reasons[reason] : undefined;
  return name === undefined ? reason : t(`ui:reasons.${name}`);
}
