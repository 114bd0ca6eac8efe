import type { Device } from 'fhir/r4';
import { type Replicated, replicated, resourceTypes } from '../../../shared/fhir/mapping.ts';
import type { ProbeItem } from '../../../shared/ipc/server.ts';
import { wordsOf } from './client.ts';
import { askBase, type Findings, jsonOf, type StepOutcome } from './probe-base.ts';

/** Kinds that this station only reads as a rule: not being able to write them is worth a word, no more. */
const READ_MOSTLY: ReadonlySet<Replicated> = new Set(['catalog']);

/** System of the identifier of the record that the test writes. */
const TEST_SYSTEM = 'urn:levey:connection-test';

/** Whether this station may read and write every kind of resource it needs. Reading is tried; writing is judged by what was granted and stated. */
export async function scopes(found: Findings): Promise<StepOutcome> {
  const items: ProbeItem[] = [];
  let failed = false;
  let noted = false;
  for (const type of neededTypes()) {
    const item = await scopeOf(found, type);
    items.push(item);
    const gentle = isReadMostly(type) && item.code !== 'readRefused';
    if (!item.ok && !gentle) failed = true;
    if (!item.ok && gentle) noted = true;
  }
  const bad = items.filter((item) => !item.ok).map((item) => item.id);
  const values = { kinds: bad.join(', '), count: String(items.length), scope: found.auth?.granted ?? '' };
  if (failed) return { state: 'failed', code: 'missing', values, items };
  return noted
    ? { state: 'noted', code: 'catalog', values, items }
    : { state: 'passed', code: grantedFor(found, 'Patient') === undefined ? 'stated' : 'ok', values, items };
}

async function scopeOf(found: Findings, type: string): Promise<ProbeItem> {
  const item = (ok: boolean, code: string, values: Record<string, string> = {}): ProbeItem => ({
    id: type,
    ok,
    code,
    values,
  });
  const reply = await askBase(found, 'GET', `${type}?_count=1`);
  const status = String(reply.status);
  if (reply.status === 401 || reply.status === 403) return item(false, 'readRefused', { status });
  const stated = found.statement?.rest?.[0]?.resource?.find((one) => one.type === type);
  if (stated === undefined || reply.status === 404) return item(false, 'unknownKind', { status });
  if (reply.status !== 200) return item(false, 'searchFailed', { status });
  const granted = grantedFor(found, type);
  if (granted !== undefined && !granted.write)
    return item(false, granted.read ? 'writeNotGranted' : 'notGranted');
  const codes = (stated.interaction ?? []).map((one) => one.code);
  if (codes.length > 0 && !(codes.includes('create') && codes.includes('update'))) {
    return item(false, codes.includes('create') ? 'noUpdate' : 'readOnly');
  }
  return item(true, 'ok');
}

/** What the granted scopes allow for a type; undefined when they do not speak of resources at all. */
function grantedFor(found: Findings, type: string): { read: boolean; write: boolean } | undefined {
  const scopes = (found.auth?.granted ?? '').split(/\s+/);
  let speaks = false;
  const may = { read: false, write: false };
  for (const scope of scopes) {
    // SMART 1: `system/Patient.read`, `.write`, `.*`; SMART 2: letters of create, read, update, delete, search.
    const parts = /^(?:system|user)\/(\*|[A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)(?:\?|$)/.exec(scope);
    if (parts === null) continue;
    speaks = true;
    const [, of = '', verb = ''] = parts;
    if (of !== '*' && of !== type) continue;
    const letters = verb === 'read' ? 'rs' : verb === 'write' ? 'cud' : verb === '*' ? 'cruds' : verb;
    may.read ||= letters.includes('r') && letters.includes('s');
    may.write ||= letters.includes('c') && letters.includes('u');
  }
  return speaks ? may : undefined;
}

/** What the server can do besides storing, and what is done instead where it cannot. */
export function abilities(found: Findings): StepOutcome {
  const rest = found.statement?.rest?.[0];
  const system = new Set(rest?.interaction?.map((one) => one.code));
  const ours = (rest?.resource ?? []).filter((one) => neededTypes().includes(one.type ?? ''));
  const every = (test: (one: (typeof ours)[number]) => boolean) => ours.length > 0 && ours.every(test);
  const item = (id: string, ok: boolean): ProbeItem => ({ id, ok, code: ok ? 'yes' : 'instead', values: {} });
  const items = [
    item('batch', system.has('batch')),
    item('transaction', system.has('transaction')),
    item(
      'conditionalCreate',
      every((one) => one.conditionalCreate === true),
    ),
    item(
      'versioned',
      every((one) => one.versioning === undefined || one.versioning !== 'no-version'),
    ),
    item(
      'history',
      every((one) => one.readHistory === true || hasCode(one, 'vread')),
    ),
    item(
      'websocket',
      rest?.extension?.some((one) => one.url?.endsWith('capabilitystatement-websocket')) === true,
    ),
  ];
  const lacks = items.filter((one) => !one.ok);
  // A batch does all that a transaction is used for.
  const missed = lacks.filter((one) => one.id !== 'transaction' || !system.has('batch'));
  return {
    state: missed.length === 0 ? 'passed' : 'noted',
    code: missed.length === 0 ? 'ok' : 'instead',
    values: { count: String(missed.length) },
    items,
  };
}

function hasCode(one: { interaction?: { code?: string }[] }, code: string): boolean {
  return one.interaction?.some((each) => each.code === code) === true;
}

/** Writes a device that says what it is, reads it back, and takes it away again. */
export async function writeAndRead(found: Findings): Promise<StepOutcome> {
  const value = found.target.station;
  const body: Device = {
    resourceType: 'Device',
    identifier: [{ system: TEST_SYSTEM, value }],
    status: 'inactive',
    deviceName: [{ name: 'Levey connection test', type: 'user-friendly-name' }],
  };
  const search = `identifier=${encodeURIComponent(`${TEST_SYSTEM}|${value}`)}`;
  const written = await askBase(found, 'POST', 'Device', { body, headers: { 'if-none-exist': search } });
  const values = { status: String(written.status) };
  if (written.status !== 200 && written.status !== 201) {
    return { state: 'failed', code: 'refused', values, words: wordsOf(jsonOf(written.text)) };
  }
  const place = written.headers.get('location') ?? '';
  const id = idOf(jsonOf(written.text)) || (/Device\/([A-Za-z0-9.-]{1,64})/.exec(place)?.[1] ?? '');
  if (id === '') return { state: 'failed', code: 'noId', values };
  const read = await askBase(found, 'GET', `Device/${id}`);
  const there = jsonOf(read.text) as Partial<Device> | undefined;
  const same =
    read.status === 200 &&
    there?.identifier?.some((one) => one.system === TEST_SYSTEM && one.value === value) === true &&
    there.deviceName?.[0]?.name === body.deviceName?.[0]?.name;
  const gone = await askBase(found, 'DELETE', `Device/${id}`);
  const more = { id, status: String(same ? gone.status : read.status) };
  if (!same) return { state: 'failed', code: read.status === 200 ? 'changed' : 'notRead', values: more };
  return gone.status < 300
    ? { state: 'passed', code: 'ok', values: more }
    : { state: 'noted', code: 'stays', values: more };
}

function idOf(body: Record<string, unknown> | undefined): string {
  return typeof body?.id === 'string' && body.resourceType === 'Device' ? body.id : '';
}

function isReadMostly(type: string): boolean {
  return replicated.some(
    (name) => READ_MOSTLY.has(name) && (resourceTypes[name] as readonly string[]).includes(type),
  );
}

/** Every resource type that replication reads or writes. */
function neededTypes(): string[] {
  return [...new Set(replicated.flatMap((name) => [...resourceTypes[name]]))];
}
