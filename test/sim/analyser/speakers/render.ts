/** Results as a profile's layout writes them: the inverse of the product's reading, made apart from it. */
import type { FileProfile, StreamProfile } from '../../../../shared/profiles/profile.ts';
import type { Field } from '../../../../shared/profiles/schema/layout.ts';
import type { ReportedResult, ResultMessage } from '../messages.ts';

interface Device {
  profile: FileProfile | StreamProfile;
  serial: string;
  operator: string;
}

/** The lines of a file, or the blocks of a stream, that report a message's results. Throws for layouts no device of ours has. */
export function renderResults(device: Device, about: ResultMessage): string[] {
  const { dialect } = device.profile;
  switch (dialect.form) {
    case 'delimited': {
      if (dialect.shape === 'wide' || dialect.repeat !== null)
        throw new Error('only one result per line is simulated');
      const header = dialect.fields.map((field) => String(field.column));
      const rows = about.results.map((one) => dialect.fields.map((field) => cell(device, about, field, one)));
      return [...(dialect.header ? [header] : []), ...rows].map((cells) =>
        cells.map((text) => quoted(text, dialect.separator, dialect.quote)).join(dialect.separator),
      );
    }
    case 'fixed':
      return [fixedLine(device, about)];
    case 'tagged':
      return dialect.separator === ' '
        ? [words(device, about)]
        : about.results.map((one) => tags(device, about, one));
  }
}

function quoted(text: string, separator: string, quote: string): string {
  const plain = quote === '' || !(text.includes(separator) || text.includes(quote) || /[\r\n]/.test(text));
  return plain ? text : `${quote}${text.replaceAll(quote, quote + quote)}${quote}`;
}

function fixedLine(device: Device, about: ResultMessage): string {
  const { fields, repeat } = device.profile.dialect;
  const at = (list: readonly Field[], size: number, one: ReportedResult | null): string => {
    const line = Array.from({ length: size }, () => ' ');
    for (const field of list) {
      const text = cell(device, about, field, one).slice(0, field.length);
      const padded =
        field.role === 'value' ? text.padStart(field.length ?? 0) : text.padEnd(field.length ?? 0);
      line.splice((field.at ?? 1) - 1, padded.length, ...padded);
    }
    return line.join('');
  };
  if (repeat === null) throw new Error('only groups of results are simulated');
  const groups = about.results.map((one) => at(repeat.fields, repeat.size, one));
  return at(fields, repeat.at - 1, null) + groups.join('');
}

function words(device: Device, about: ResultMessage): string {
  const lines = device.profile.dialect.fields.flatMap((field) => {
    const one = field.test === undefined ? null : about.results.find((result) => result.code === field.test);
    if (one === undefined) return [];
    const text = cell(device, about, field, one);
    return field.optional && text === '' ? [] : [`${field.tag ?? ''} ${text}`.trim()];
  });
  return lines.map((line) => `${line}\r\n`).join('');
}

function tags(device: Device, about: ResultMessage, one: ReportedResult): string {
  const [end = '', begin = ''] = device.profile.dialect.separator;
  return device.profile.dialect.fields
    .map((field) => ({ field, text: cell(device, about, field, one) }))
    .filter(({ field, text }) => !field.optional || text !== '')
    .map(({ field, text }) => `${begin}${field.tag ?? ''}${text}${end}`)
    .join('');
}

function cell(device: Device, about: ResultMessage, field: Field, one: ReportedResult | null): string {
  const { profile, operator, serial } = device;
  const { timeFormat, kinds, fields } = profile.dialect;
  const [format = ''] = timeFormat.split('|');
  const [date = '', time = ''] = format.split(' ');
  const hasControl = fields.some((other) => other.role === 'control');
  switch (field.role) {
    case 'specimen':
      return about.qc && hasControl ? '' : about.specimenId;
    case 'control':
      return about.qc ? `Q00${about.specimenId.slice(-1)}` : '0001';
    case 'test':
      return one?.code ?? '';
    case 'value': {
      const another = fields.some((other) => other.role === 'valueWithUnit');
      return another ? '' : (one?.text ?? '');
    }
    case 'valueWithUnit':
      return one === null ? '' : `${one.text} ${one.unit}`.trim();
    case 'unit':
      return one?.unit ?? '';
    case 'flag':
      return one !== null && Object.hasOwn(profile.flags, one.flag) ? one.flag : '';
    case 'status':
      return Object.hasOwn(profile.statuses, 'F') ? 'F' : '';
    case 'operator':
      return operator;
    case 'serial':
      return serial;
    case 'measured':
      return written(format, about.completedAt);
    case 'date':
      return written(date, about.completedAt);
    case 'time':
      return written(time, about.completedAt);
    case 'kind': {
      const qc = profile.qc.places.find(({ place }) => place === field.name)?.values[0];
      return about.qc && qc !== undefined ? qc : (kinds[0] ?? '');
    }
    default:
      return field.only?.[0] ?? '';
  }
}

/** A time in local time, by the letters of a layout. */
function written(format: string, at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const parts: Record<string, string> = {
    YYYY: String(at.getFullYear()),
    YY: two(at.getFullYear() % 100),
    MM: two(at.getMonth() + 1),
    DD: two(at.getDate()),
    HH: two(at.getHours()),
    mm: two(at.getMinutes()),
    ss: two(at.getSeconds()),
  };
  return format.replace(/YYYY|YY|MM|DD|HH|mm|ss/g, (token) => parts[token] ?? token);
}
