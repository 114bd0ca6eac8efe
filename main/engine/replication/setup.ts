import { X509Certificate } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { getCACertificates } from 'node:tls';
import { replicated } from '../../../shared/fhir/mapping.ts';
import {
  type ProbeStepRow,
  probeSteps,
  type ServerAuthInput,
  type ServerInput,
  type ServerSettingsRow,
} from '../../../shared/ipc/server.ts';
import type { StationServer, StationServerAuth } from '../../../shared/station/schema.ts';
import type { Bench, ServerSetupPort } from '../bench.ts';
import { refuse } from '../faults.ts';
import { setProblem } from '../problems.ts';
import { saveServerSection, writeSecretFile } from '../station/save.ts';
import type { WriteContext } from '../store/store.ts';
import { forgetServer, leaveServer, linkedFirst } from './another-server.ts';
import type { ServerAuth } from './auth.ts';
import { readKey } from './client-assertion.ts';
import { probe, waitingRow } from './probe.ts';
import { filesOf, startServer } from './start.ts';
import { certificatesIn } from './tls.ts';

type Running = Awaited<ReturnType<typeof startServer>>;

/** The central server's part of the engine: replication as it runs now, and the page where it is set up. */
export class ServerPart implements ServerSetupPort {
  readonly #bench: Bench;
  readonly #file: string;
  readonly #directory: string;
  readonly #stopping = new AbortController();
  #running: Running | undefined;
  /** Restarts one after the other. */
  #last: Promise<void> = Promise.resolve();
  #steps: ProbeStepRow[] = [];
  #test: AbortController | undefined;

  /** @param file the station file */
  constructor(bench: Bench, file: string) {
    this.#bench = bench;
    this.#file = resolve(file);
    this.#directory = dirname(this.#file);
  }

  /** Starts replication and gives the bench both ports. */
  async start(): Promise<void> {
    this.#bench.setup = this;
    await this.#start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#test?.abort();
    await this.#last;
    await this.#running?.stop();
  }

  async settings(): Promise<Omit<ServerSettingsRow, 'waiting'>> {
    const { server } = this.#bench.station;
    const { store } = this.#bench;
    let linked = false;
    for (const name of replicated) {
      linked ||= (await store.find(name, { ...linkedFirst, limit: 1 })).length > 0;
    }
    const auth = { kind: 'none' as const, user: '', clientId: '', tokenUrl: '', scope: '', keyId: '' };
    const files = server === undefined ? undefined : await this.#kept(server);
    return {
      id: 'server',
      url: server?.url ?? '',
      auth: { ...auth, ...plainAuth(server?.auth) },
      hasSecret: files !== undefined && files.auth.kind !== 'none',
      ca: files === undefined || files.ca === '' ? null : caFacts(files.ca),
      pullSeconds: server?.pullSeconds ?? 15,
      historyDays: server?.pull.historyDays ?? 90,
      sections: server?.pull.sections ?? [],
      websocket: server?.websocket ?? true,
      file: this.#file,
      linked,
    };
  }

  steps(): ProbeStepRow[] {
    return this.#steps;
  }

  stopTest(): void {
    this.#test?.abort();
  }

  async test(input: ServerInput, write: boolean): Promise<void> {
    const kept = this.#bench.station.server;
    const files = kept === undefined ? undefined : await this.#kept(kept);
    const auth = authFrom(input.auth, files?.auth);
    const ca = input.ca === null ? (files?.ca ?? '') : certificates(input.ca);
    this.#test?.abort();
    const test = new AbortController();
    this.#test = test;
    this.#tell(probeSteps.map(waitingRow));
    const trusted = [...getCACertificates('default'), ...(ca === '' ? [] : [ca])];
    const target = { url: input.url, auth, trusted, write, station: this.#bench.station.code };
    // Not awaited: `server.steps` follows it.
    void probe(target, { clock: this.#bench.clock, signal: test.signal }, (row) => {
      if (this.#test !== test) return;
      this.#tell(this.#steps.map((one) => (one.id === row.id ? row : one)));
    });
  }

  async save(
    input: ServerInput | null,
    another: boolean,
    context: WriteContext,
  ): Promise<{ keptAs: string }> {
    const { store, clock } = this.#bench;
    const before = this.#bench.station.server;
    const made: string[] = [];
    let saved: Awaited<ReturnType<typeof saveServerSection>>;
    try {
      const section = input === null ? undefined : await this.#section(input, made);
      saved = await saveServerSection(this.#file, section, clock.now());
    } catch (error) {
      for (const file of made) await rm(join(this.#directory, file), { force: true });
      throw error;
    }
    const now = saved.station.server;
    // Before the old replication ends: a crash from here on finds the station on its way.
    if (another) await leaveServer(store, context);
    store.note(context, input === null ? 'server removed' : 'server changed', {
      from: before?.url ?? '',
      to: now?.url ?? '',
      auth: now?.auth.kind ?? '',
      another,
      keptAs: saved.keptAs,
    });
    const { server: _old, ...rest } = this.#bench.station;
    this.#bench.station = now === undefined ? rest : { ...rest, server: now };
    this.#last = this.#last.then(() => this.#restart());
    return { keptAs: saved.keptAs };
  }

  async #restart(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    try {
      await this.#running?.stop();
      this.#running = undefined;
      setProblem(this.#bench, 'server', null);
      await this.#start();
    } catch (error) {
      setProblem(this.#bench, 'server', error);
    }
    this.#bench.hub.changed(['channel:server']);
  }

  async #start(): Promise<void> {
    const { store, clock, station } = this.#bench;
    const at = clock.now().toISOString();
    const context = { actor: 'engine', command: 'server.leave', station: station.code, at };
    await forgetServer(store, context, this.#stopping.signal);
    if (this.#stopping.signal.aborted) return;
    this.#running = await startServer(this.#bench, this.#directory, () => {
      this.#last = this.#last.then(() => this.#restart());
    });
    this.#bench.server = this.#running;
  }

  /** The section of the station file, with its secrets in files; names of new files are added to `made`. */
  async #section(input: ServerInput, made: string[]): Promise<unknown> {
    const { clock } = this.#bench;
    const kept = this.#bench.station.server;
    const files = kept === undefined ? undefined : await this.#kept(kept);
    // A key that cannot be used is refused before anything is written.
    const auth = authFrom(input.auth, files?.auth);
    if (auth.kind === 'smartBackend') readKey(auth);
    let caFile = kept?.tls?.caFile;
    if (input.ca !== null) {
      caFile = undefined;
      const pem = certificates(input.ca);
      if (pem !== '') {
        caFile = await writeSecretFile(this.#directory, 'server-authority', pem, clock.now());
        made.push(caFile);
      }
    }
    let secretFile = secretFileOf(kept?.auth);
    if (input.auth.kind !== 'none' && input.auth.secret !== null) {
      secretFile = await writeSecretFile(this.#directory, 'server-secret', input.auth.secret, clock.now());
      made.push(secretFile);
    }
    return {
      url: input.url,
      auth: authSection(input.auth, secretFile),
      ...(caFile === undefined ? {} : { tls: { caFile } }),
      pullSeconds: input.pullSeconds,
      pull: { historyDays: input.historyDays, sections: input.sections },
      websocket: input.websocket,
    };
  }

  /** What the files of the server name; undefined when one cannot be used. */
  async #kept(server: StationServer): Promise<{ auth: ServerAuth; ca: string } | undefined> {
    try {
      return await filesOf(server, this.#directory);
    } catch {
      return undefined;
    }
  }

  #tell(steps: ProbeStepRow[]): void {
    this.#steps = steps;
    this.#bench.hub.changed(['channel:server']);
  }
}

/** Credentials as typed; a secret left out is the kept one of the same kind. @throws LeveyError `server.noSecret` */
function authFrom(input: ServerAuthInput, kept: ServerAuth | undefined): ServerAuth {
  if (input.kind === 'none') return { kind: 'none' };
  const secret = input.secret === null ? keptSecret(kept, input.kind) : input.secret.trim();
  if (secret === '') {
    throw refuse(
      'server.noSecret',
      'The secret for the server is missing.',
      'Enter the password, token, client secret or private key that belongs to this way of signing in.',
    );
  }
  switch (input.kind) {
    case 'basic':
      return { kind: 'basic', user: input.user, password: secret };
    case 'bearer':
      return { kind: 'bearer', token: secret };
    case 'clientCredentials': {
      const { tokenUrl, clientId, scope } = input;
      return { kind: 'clientCredentials', tokenUrl, clientId, clientSecret: secret, scope };
    }
    case 'smartBackend': {
      const { tokenUrl, clientId, scope, keyId } = input;
      const named = tokenUrl === '' ? undefined : tokenUrl;
      return { kind: 'smartBackend', clientId, scope, keyId, privateKey: secret, tokenUrl: named };
    }
  }
}

function keptSecret(kept: ServerAuth | undefined, kind: ServerAuthInput['kind']): string {
  if (kept === undefined || kept.kind !== kind) return '';
  switch (kept.kind) {
    case 'none':
      return '';
    case 'basic':
      return kept.password;
    case 'bearer':
      return kept.token;
    case 'clientCredentials':
      return kept.clientSecret;
    case 'smartBackend':
      return kept.privateKey;
  }
}

function authSection(input: ServerAuthInput, file: string): unknown {
  switch (input.kind) {
    case 'none':
      return { kind: 'none' };
    case 'basic':
      return { kind: 'basic', user: input.user, passwordFile: file };
    case 'bearer':
      return { kind: 'bearer', tokenFile: file };
    case 'clientCredentials': {
      const { tokenUrl, clientId, scope } = input;
      return { kind: 'clientCredentials', tokenUrl, clientId, clientSecretFile: file, scope };
    }
    case 'smartBackend': {
      const { tokenUrl, clientId, scope, keyId } = input;
      const named = tokenUrl === '' ? {} : { tokenUrl };
      return { kind: 'smartBackend', clientId, privateKeyFile: file, keyId, scope, ...named };
    }
  }
}

function secretFileOf(auth: StationServerAuth | undefined): string {
  switch (auth?.kind) {
    case 'basic':
      return auth.passwordFile;
    case 'bearer':
      return auth.tokenFile;
    case 'clientCredentials':
      return auth.clientSecretFile;
    case 'smartBackend':
      return auth.privateKeyFile;
    default:
      return '';
  }
}

function plainAuth(auth: StationServerAuth | undefined): Partial<ServerSettingsRow['auth']> {
  switch (auth?.kind) {
    case undefined:
    case 'none':
      return {};
    case 'basic':
      return { kind: 'basic', user: auth.user };
    case 'bearer':
      return { kind: 'bearer' };
    case 'clientCredentials': {
      const { kind, tokenUrl, clientId, scope } = auth;
      return { kind, tokenUrl, clientId, scope };
    }
    case 'smartBackend': {
      const { kind, tokenUrl = '', clientId, scope, keyId } = auth;
      return { kind, tokenUrl, clientId, scope, keyId };
    }
  }
}

/** The certificates in a text that was given; empty for none. @throws LeveyError `server.caFile` */
function certificates(text: string): string {
  return text.trim() === '' ? '' : certificatesIn(text, 'The text given');
}

function caFacts(pem: string): { names: string[]; validUntil: string } {
  const all = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const read = all.map((one) => new X509Certificate(one));
  const until = read.map((one) => new Date(one.validTo).toISOString()).sort();
  return {
    names: read.map((one) => /^(?:CN|O)=(.+)$/m.exec(one.subject)?.[1] ?? one.subject),
    validUntil: until[0] ?? '',
  };
}
