import { LeveyError } from '../../../shared/errors.ts';
import { Authorizer, NotAuthorised } from './auth.ts';
import { askBase, type Findings, jsonOf, type StepOutcome } from './probe-base.ts';
import { ask, faultOf } from './probe-net.ts';

/** What a 401 means by the way of signing in. */
const UNACCEPTED = {
  none: 'needed',
  basic: 'wrongPassword',
  bearer: 'wrongToken',
  clientCredentials: 'notAccepted',
  smartBackend: 'notAccepted',
} as const;

/** Something that only who is let in may read. */
const GUARDED = 'Patient?_count=1';

/** Proves who this station is as replication does, and looks at what came of it. */
export async function authorise(found: Findings): Promise<StepOutcome> {
  const { auth } = found.target;
  let tokenUrl =
    auth.kind === 'clientCredentials' || auth.kind === 'smartBackend' ? (auth.tokenUrl ?? '') : '';
  let answer: { status: number; text: string } | undefined;
  const authorizer = new Authorizer(
    auth,
    found.clock,
    async (url, init) => {
      if (init.method === 'POST') tokenUrl = url;
      const reply = await ask(url, init, found.net);
      if (init.method === 'POST') answer = reply;
      return reply;
    },
    found.base,
  );
  let header: string | undefined;
  try {
    header = await authorizer.header();
  } catch (error) {
    return refused(error, tokenUrl, answer);
  }
  const told = jsonOf(answer?.text ?? '');
  const granted = typeof told?.scope === 'string' ? told.scope : undefined;
  found.auth = { header, granted };
  const guarded = await askBase(found, 'GET', GUARDED);
  if (guarded.status === 401) {
    return {
      state: 'failed',
      code: UNACCEPTED[auth.kind],
      values: { status: '401' },
      words: guarded.text.slice(0, 300),
    };
  }
  if (auth.kind === 'none') return { state: 'passed', code: 'none' };
  if (answer === undefined) return { state: 'passed', code: 'ok' };
  const minutes = Math.round(Number(told?.expires_in ?? 300) / 60);
  return {
    state: 'passed',
    code: 'token',
    values: { tokenUrl, minutes: String(Number.isFinite(minutes) ? minutes : 5), scope: granted ?? '' },
  };
}

function refused(
  error: unknown,
  tokenUrl: string,
  answer: { status: number; text: string } | undefined,
): StepOutcome {
  const status = String(answer?.status ?? '');
  const values = { tokenUrl, status };
  if (error instanceof NotAuthorised) {
    const { error: name, error_description: description } = jsonOf(answer?.text ?? '') ?? {};
    const words = [name, description].filter((text) => typeof text === 'string').join(': ');
    const seconds = error.skewSeconds ?? 0;
    const skew = { ...values, seconds: String(Math.abs(seconds)) };
    if (error.kind === 'clock') {
      return { state: 'failed', code: seconds < 0 ? 'clockAhead' : 'clockBehind', values: skew, words };
    }
    if (error.kind === 'scope') return { state: 'failed', code: 'badScope', values, words };
    return { state: 'failed', code: name === 'invalid_client' ? 'badClient' : 'refused', values, words };
  }
  if (error instanceof LeveyError) {
    return { state: 'failed', code: 'key', values: { ...values, what: error.message } };
  }
  if (answer !== undefined) return { state: 'failed', code: 'noToken', values };
  if (error instanceof Error && /token endpoint/.test(error.message)) {
    return { state: 'failed', code: 'noEndpoint', values, words: error.message };
  }
  const fault = faultOf(error);
  const tls = /CERT|SELF_SIGNED|ISSUER|ALTNAME|SSL/.test(fault);
  return { state: 'failed', code: tls ? 'tokenTls' : 'tokenAway', values: { ...values, fault } };
}
