/** When a control that is typed now was measured, as a person writes it: pure. */

const DAY = 86_400_000;

/**
 * `6:00` or `06:00`, local: the last time the clock showed it, today or yesterday. An instant; '' for an empty text, which means now; null for what is
 * no time of day.
 */
export function measuredAt(typed: string, now: Date): string | null {
  const text = typed.trim();
  if (text === '') return '';
  const [, hours, minutes] = /^(\d{1,2})[:.]?(\d{2})$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined || Number(hours) > 23 || Number(minutes) > 59) return null;
  const today = new Date(now);
  today.setHours(Number(hours), Number(minutes), 0, 0);
  if (today <= now) return today.toISOString();
  const yesterday = new Date(now.getTime() - DAY);
  yesterday.setHours(Number(hours), Number(minutes), 0, 0);
  return yesterday.toISOString();
}
