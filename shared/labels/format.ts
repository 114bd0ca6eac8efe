/** How dates, times and accession numbers are written on labels and reports: the month in letters, so that no country misreads them. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `1960-02-03` becomes `03-Feb-1960`, `1960-02` `Feb-1960`, `1960` stays. Anything else gives an empty text. */
export function labelDate(iso: string): string {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(iso);
  if (match === null) return '';
  const [, year, month, day] = match;
  if (month === undefined) return year ?? '';
  const name = MONTHS[Number(month) - 1];
  if (name === undefined) return '';
  return day === undefined ? `${name}-${year}` : `${day}-${name}-${year}`;
}

/**
 * An instant (ISO 8601) as wall-clock time in a time zone (IANA name): `29-Jul-2026 06:25`. Empty when the instant is not one.
 * @throws RangeError for an unknown time zone.
 */
export function labelTime(instant: string, timeZone: string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return '';
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(date);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('day')}-${MONTHS[Number(part('month')) - 1]}-${part('year').padStart(4, '0')} ${part('hour')}:${part('minute')}`;
}

/** `26210B20432K` becomes `26-210-B2-0432-K`; a number of another form is left as it is. */
export function groupAccession(accession: string): string {
  const match = /^(\d{2})(\d{3})([A-Z0-9]{2})(\d{4})([A-Z0-9])$/.exec(accession);
  return match === null ? accession : match.slice(1).join('-');
}
