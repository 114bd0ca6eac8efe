import { z } from 'zod';
import { putShared, readSetting } from '../settings.ts';
import type { Reader, Writer } from '../store/store.ts';

const Names = z.record(z.string(), z.string());
const PREFIX = 'qc.people.';

/** Names of people by id, also of those who work with the same controls at other stations; what is no person stays as it is. */
export async function namesOfPeople(reader: Reader): Promise<(id: string) => string> {
  const names = new Map<string, string>();
  const elsewhere = await reader.find('settings', {
    selector: { id: { $gte: PREFIX, $lt: `${PREFIX}\uffff` } },
  });
  for (const { value } of elsewhere)
    for (const [id, name] of Object.entries(Names.safeParse(value).data ?? {})) names.set(id, name);
  for (const one of await reader.find('people', { selector: {} })) names.set(one.id, one.name);
  return (id) => names.get(id) ?? id;
}

/** Lets other stations show the name of a person whose id stands in a shared record. */
export async function sharePerson(
  unit: Writer,
  at: string,
  station: string,
  { id, name }: { id: string; name: string },
): Promise<void> {
  const setting = `${PREFIX}${station}`;
  const known = Names.safeParse(await readSetting(unit, setting)).data ?? {};
  if (known[id] !== name) await putShared(unit, at, setting, { ...known, [id]: name });
}
