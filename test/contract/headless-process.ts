import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Bundle, FhirResource } from 'fhir/r4';
import { engineNode, projectRoot } from '../../build/paths.ts';
import type { TestStation } from './engine-client.ts';

/** An engine without a window, as a process of its own, seen through its local FHIR API. */
export interface HeadlessStation {
  /** Resources of a search such as `Specimen?accession=W1`. */
  search<R extends FhirResource>(query: string): Promise<R[]>;
  /** SIGTERM, and waits until it has ended. */
  stop(): Promise<void>;
}

/** Starts a station that has its API enabled with the token file `api.token`; resolves at its ready line. */
export async function startHeadless(at: TestStation): Promise<HeadlessStation> {
  const token = 'token-of-a-test-station';
  const keyFile = join(at.directory, 'key');
  writeFileSync(join(at.directory, 'api.token'), token, { mode: 0o600 });
  writeFileSync(keyFile, `${at.key}\n`, { mode: 0o600 });
  const args = ['--data', at.dataDir, '--station', at.stationFile, '--key-file', keyFile];
  const child = spawn(engineNode, [join(projectRoot, 'main/engine/headless.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const api = await apiOf(child);
  return {
    async search<R extends FhirResource>(query: string): Promise<R[]> {
      const answer = await fetch(`${api}/${query}`, { headers: { authorization: `Bearer ${token}` } });
      if (!answer.ok) throw new Error(`${query}: ${answer.status} ${await answer.text()}`);
      const bundle = (await answer.json()) as Bundle;
      return (bundle.entry ?? []).flatMap((entry) => (entry.resource ?? []) as R);
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function apiOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.once('close', () => reject(new Error(`the station ended: ${said}`)));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const { event, api } = JSON.parse(line) as { event: string; api?: string };
      if (event === 'ready' && typeof api === 'string') resolve(api);
    });
  });
}
