import type { Clock } from '../../../shared/domain/clock.ts';
import {
  type ProbeCode,
  type ProbeState,
  type ProbeStepId,
  type ProbeStepRow,
  probeSteps,
} from '../../../shared/ipc/server.ts';
import { authorise } from './probe-auth.ts';
import {
  askBase,
  type Findings,
  jsonOf,
  type ProbeTarget,
  type Statement,
  type StepOutcome,
} from './probe-base.ts';
import { abilities, scopes, writeAndRead } from './probe-fhir.ts';
import { addressesOf, type Certificate, certificateOf, faultOf, type NetReply, reach } from './probe-net.ts';

export interface ProbeDeps {
  clock: Clock;
  /** Ends the test between two steps and within one. */
  signal: AbortSignal;
  /** Longest wait for one answer, in ms. Default 10 s. */
  timeoutMs?: number;
}

/** Days before its end from which a certificate is worth a word. */
const SOON_DAYS = 30;
/** Clocks may differ by so much unnoticed, and by so much before signed requests fail, in seconds. */
const SKEW_NOTED = 5;
const SKEW_FAR = 300;

/** Kinds of resources that came after R4: who lists one is another release, whatever it says. */
const ONLY_LATER: ReadonlySet<string> = new Set([
  'ActorDefinition',
  'BiologicallyDerivedProductDispense',
  'DeviceAssociation',
  'DeviceDispense',
  'EncounterHistory',
  'FormularyItem',
  'GenomicStudy',
  'ImagingSelection',
  'InventoryItem',
  'InventoryReport',
  'NutritionIntake',
  'Permission',
  'RequestOrchestration',
  'Requirements',
  'TestPlan',
  'Transport',
]);

/** Elements of a statement itself that came after R4. */
const LATER_ELEMENTS = [
  'acceptLanguage',
  'versionAlgorithmString',
  'versionAlgorithmCoding',
  'copyrightLabel',
];

/** Steps after which the test goes on although they failed. */
const goesOn: ReadonlySet<ProbeStepId> = new Set(['scope', 'can', 'clock']);

const carriedOut: Record<ProbeStepId, (found: Findings) => Promise<StepOutcome> | StepOutcome> = {
  address: addressStep,
  name: nameStep,
  connect: connectStep,
  tls: tlsStep,
  fhir: fhirStep,
  auth: authStep,
  scope: scopes,
  can: abilities,
  clock: clockStep,
  write: (found) => (found.target.write ? writeAndRead(found) : { state: 'left', code: 'notAsked' }),
};

/**
 * Tests a server step by step, each told as it begins and ends. It changes nothing there, except the one record that `write` asks for. It
 * never throws: what goes wrong is a step's outcome.
 */
export async function probe(
  target: ProbeTarget,
  deps: ProbeDeps,
  say: (row: ProbeStepRow) => void,
): Promise<void> {
  const found: Findings = {
    target,
    url: new URL('http://localhost'),
    base: '',
    net: { trusted: target.trusted, timeoutMs: deps.timeoutMs ?? 10_000, signal: deps.signal },
    clock: deps.clock,
    dated: undefined,
    statement: undefined,
    locked: false,
    auth: undefined,
  };
  let stopped = false;
  for (const id of probeSteps) {
    const apart = canStandAlone(id, found);
    if ((stopped && !apart) || deps.signal.aborted) {
      say(row(id, { state: 'notReached', code: '' }));
      continue;
    }
    say(row(id, { state: 'running', code: '' }));
    let outcome: StepOutcome;
    try {
      outcome = await carriedOut[id](found);
    } catch (error) {
      outcome = deps.signal.aborted
        ? { state: 'failed', code: 'stopped' }
        : { state: 'failed', code: 'noAnswer', values: { fault: faultOf(error) } };
    }
    say(row(id, outcome));
    if (outcome.state === 'failed' && !goesOn.has(id)) stopped = true;
  }
}

/** What was answered before already says this step, whatever failed since: wrong clocks are a cause of that. */
function canStandAlone(id: ProbeStepId, found: Findings): boolean {
  if (id === 'clock') return found.dated !== undefined;
  return id === 'can' && found.statement !== undefined;
}

/** A row of a step that has not run. */
export function waitingRow(id: ProbeStepId): ProbeStepRow {
  return row(id, { state: 'waiting', code: '' });
}

function row(
  id: ProbeStepId,
  outcome: Omit<StepOutcome, 'state' | 'code'> & { state: ProbeState; code: ProbeCode | '' },
): ProbeStepRow {
  const { state, code, values = {}, words = '', items = [] } = outcome;
  return { id, state, code, values, words: words.slice(0, 600), items };
}

function addressStep(found: Findings): StepOutcome {
  const { url } = found.target;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return { state: 'failed', code: 'notUrl' };
  if (parsed.username !== '' || parsed.password !== '') return { state: 'failed', code: 'credentials' };
  if (parsed.search !== '' || parsed.hash !== '') return { state: 'failed', code: 'query' };
  found.url = parsed;
  found.base = url.trim().replace(/\/+$/, '');
  const values = { host: parsed.hostname, port: String(portOf(parsed)) };
  if (parsed.protocol === 'https:') return { state: 'passed', code: 'ok', values };
  const here = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(parsed.hostname);
  return here ? { state: 'passed', code: 'here', values } : { state: 'noted', code: 'plain', values };
}

async function nameStep(found: Findings): Promise<StepOutcome> {
  const host = found.url.hostname;
  try {
    const addresses = await addressesOf(host, found.net.signal);
    const isName = addresses[0] !== host.replace(/^\[|\]$/g, '');
    const values = { host, addresses: addresses.slice(0, 4).join(', ') };
    return isName ? { state: 'passed', code: 'ok', values } : { state: 'left', code: 'isAddress', values };
  } catch (error) {
    const fault = faultOf(error);
    const code = fault === 'EAI_AGAIN' || fault === 'ETIMEOUT' ? 'noResolver' : 'notFound';
    return { state: 'failed', code, values: { host, fault } };
  }
}

async function connectStep(found: Findings): Promise<StepOutcome> {
  const values = { host: found.url.hostname, port: String(portOf(found.url)) };
  try {
    const started = performance.now();
    await reach(found.url.hostname, portOf(found.url), found.net);
    const ms = String(Math.max(1, Math.round(performance.now() - started)));
    return { state: 'passed', code: 'ok', values: { ...values, ms } };
  } catch (error) {
    const fault = faultOf(error);
    const codes: Record<string, ProbeCode> = {
      ECONNREFUSED: 'refused',
      ETIMEDOUT: 'timeout',
      EHOSTUNREACH: 'unreachable',
      ENETUNREACH: 'unreachable',
      ECONNRESET: 'reset',
    };
    return { state: 'failed', code: codes[fault] ?? 'noAnswer', values: { ...values, fault } };
  }
}

async function tlsStep(found: Findings): Promise<StepOutcome> {
  const host = found.url.hostname;
  if (found.url.protocol === 'http:') return { state: 'left', code: 'none' };
  let shown: Certificate;
  try {
    shown = await certificateOf(host, portOf(found.url), found.net);
  } catch (error) {
    const fault = faultOf(error);
    const spoken = /^ERR_SSL|EPROTO/.test(fault) ? 'noTls' : 'broken';
    return { state: 'failed', code: spoken, values: { host, fault } };
  }
  const now = found.clock.now().getTime();
  const values = {
    host,
    issuer: shown.issuer || '?',
    until: shown.until,
    from: shown.from,
    names: shown.names.slice(0, 5).join(', ') || '?',
    protocol: shown.protocol,
    now: new Date(now).toISOString(),
    fault: shown.fault,
  };
  const failed = (code: ProbeCode): StepOutcome => ({ state: 'failed', code, values });
  if (shown.fault === 'CERT_HAS_EXPIRED') return failed('expired');
  if (shown.fault === 'CERT_NOT_YET_VALID') return failed('notYet');
  if (/^(DEPTH_ZERO_SELF_SIGNED_CERT)$/.test(shown.fault)) return failed('selfSigned');
  if (shown.fault !== '')
    return failed(/ISSUER|VERIFY|SELF_SIGNED/.test(shown.fault) ? 'unknownCa' : 'notTrusted');
  if (shown.otherName) return failed('otherName');
  const days = Math.floor((Date.parse(shown.until) - now) / 86_400_000);
  const more = { ...values, days: String(days) };
  return days < SOON_DAYS
    ? { state: 'noted', code: 'soon', values: more }
    : { state: 'passed', code: 'ok', values: more };
}

async function fhirStep(found: Findings): Promise<StepOutcome> {
  const reply = await askBase(found, 'GET', 'metadata');
  if (reply.status === 401 || reply.status === 403) {
    found.locked = true;
    return { state: 'noted', code: 'locked', values: { status: String(reply.status) } };
  }
  return readStatement(found, reply);
}

/** Reads the answer to `GET metadata`. */
function readStatement(found: Findings, reply: NetReply): StepOutcome {
  const values = { status: String(reply.status), type: reply.headers.get('content-type') ?? '' };
  if (reply.status >= 300 && reply.status < 400) {
    return { state: 'failed', code: 'moved', values: { ...values, to: reply.headers.get('location') ?? '' } };
  }
  if (reply.status === 404 || reply.status === 410) return { state: 'failed', code: 'notFound', values };
  if (reply.status >= 500) return { state: 'failed', code: 'serverError', values };
  const body = jsonOf(reply.text);
  if (body?.resourceType !== 'CapabilityStatement') {
    return { state: 'failed', code: /html/.test(values.type) ? 'page' : 'notFhir', values };
  }
  const statement = body as Statement;
  const version = statement.fhirVersion ?? '';
  const { name = '', version: edition = '' } = statement.software ?? {};
  const said = {
    ...values,
    version: version || '?',
    software: `${name} ${edition}`.trim() || found.url.host,
  };
  if (!/^4\.0(\.|$)/.test(version)) {
    return { state: 'failed', code: version === '' ? 'noVersion' : 'wrongVersion', values: said };
  }
  const sign = laterSign(statement);
  if (sign !== '') return { state: 'failed', code: 'falseVersion', values: { ...said, sign } };
  found.statement = statement;
  return { state: 'passed', code: 'ok', values: said };
}

/** What in a statement is only in a release after R4; empty when nothing is. */
function laterSign(statement: Statement): string {
  const resources = statement.rest?.[0]?.resource ?? [];
  const kind = resources.find((one) => ONLY_LATER.has(one.type ?? ''))?.type;
  const element = LATER_ELEMENTS.find((name) => name in statement);
  const patch = resources.some((one) => 'conditionalPatch' in one) ? 'conditionalPatch' : '';
  return kind ?? element ?? patch;
}

async function authStep(found: Findings): Promise<StepOutcome> {
  const outcome = await authorise(found);
  if (outcome.state === 'failed' || !found.locked) return outcome;
  const reply = await askBase(found, 'GET', 'metadata');
  if (reply.status === 401 || reply.status === 403) {
    return { state: 'failed', code: 'notAccepted', values: { status: String(reply.status) } };
  }
  const read = readStatement(found, reply);
  return read.state === 'passed' ? outcome : read;
}

function clockStep(found: Findings): StepOutcome {
  if (found.dated === undefined) return { state: 'left', code: 'notTold' };
  const seconds = Math.round((found.dated.there - found.dated.here) / 1000);
  const size = Math.abs(seconds);
  const values = {
    seconds: String(size),
    there: new Date(found.dated.there).toISOString(),
    here: new Date(found.dated.here).toISOString(),
  };
  // The header has whole seconds: one more or less says nothing.
  if (size <= SKEW_NOTED) return { state: 'passed', code: 'ok', values };
  const behind = seconds > 0;
  return size > SKEW_FAR
    ? { state: 'failed', code: behind ? 'farBehind' : 'farAhead', values }
    : { state: 'noted', code: behind ? 'behind' : 'ahead', values };
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}
