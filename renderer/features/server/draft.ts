import type { ServerAuthInput, ServerInput, ServerSettingsRow } from '../../../shared/ipc/server.ts';

/** The form as it stands: text as typed. */
export interface Draft {
  url: string;
  kind: ServerAuthInput['kind'];
  user: string;
  clientId: string;
  tokenUrl: string;
  scope: string;
  keyId: string;
  /** Empty: the one that is kept, where there is one of this kind. */
  secret: string;
  /** PEM text; null keeps what there is, empty takes it out. */
  ca: string | null;
  historyDays: string;
  /** Codes separated by commas. */
  sections: string;
  pullSeconds: string;
  websocket: boolean;
}

/** What is wrong in a field: the word of its sentence. */
export type Faults = Partial<Record<keyof Draft, 'url' | 'required' | 'days' | 'seconds' | 'tokenUrl'>>;

/** Ways of signing in, simplest first. */
export const authKinds: readonly ServerAuthInput['kind'][] = [
  'none',
  'basic',
  'bearer',
  'clientCredentials',
  'smartBackend',
];

/** The form of what the station file says. */
export function draftOf(row: ServerSettingsRow): Draft {
  const { url, auth, historyDays, sections, pullSeconds, websocket } = row;
  return {
    url,
    ...auth,
    secret: '',
    ca: null,
    historyDays: String(historyDays),
    sections: sections.join(', '),
    pullSeconds: String(pullSeconds),
    websocket,
  };
}

/** A secret of the chosen way is kept already. */
export function keepsSecret(draft: Draft, row: ServerSettingsRow): boolean {
  return draft.kind !== 'none' && row.hasSecret && row.auth.kind === draft.kind;
}

/** What is wrong, by field; empty when it can be tested and used. */
export function faultsOf(draft: Draft, row: ServerSettingsRow): Faults {
  const faults: Faults = {};
  if (!isAddress(draft.url)) faults.url = 'url';
  if (!within(draft.historyDays, 3650)) faults.historyDays = 'days';
  if (!within(draft.pullSeconds, 3600)) faults.pullSeconds = 'seconds';
  const { kind } = draft;
  if (kind === 'none') return faults;
  if (draft.secret.trim() === '' && !keepsSecret(draft, row)) faults.secret = 'required';
  if (kind === 'basic' && draft.user.trim() === '') faults.user = 'required';
  if (kind !== 'clientCredentials' && kind !== 'smartBackend') return faults;
  if (draft.clientId.trim() === '') faults.clientId = 'required';
  const named = draft.tokenUrl.trim() !== '';
  if (named ? !isAddress(draft.tokenUrl) : kind === 'clientCredentials') faults.tokenUrl = 'tokenUrl';
  return faults;
}

/** The form as the engine takes it. Call it when there are no faults. */
export function inputOf(draft: Draft, row: ServerSettingsRow): ServerInput {
  return {
    url: draft.url.trim(),
    auth: authOf(draft, draft.secret.trim() === '' && keepsSecret(draft, row) ? null : draft.secret),
    ca: draft.ca,
    historyDays: Number(draft.historyDays),
    sections: draft.sections
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
    pullSeconds: Number(draft.pullSeconds),
    websocket: draft.websocket,
  };
}

function authOf(draft: Draft, secret: string | null): ServerAuthInput {
  const { kind, user, clientId, tokenUrl, scope, keyId } = draft;
  switch (kind) {
    case 'none':
      return { kind };
    case 'basic':
      return { kind, user, secret };
    case 'bearer':
      return { kind, secret };
    case 'clientCredentials':
      return { kind, tokenUrl: tokenUrl.trim(), clientId, secret, scope };
    case 'smartBackend':
      return { kind, tokenUrl: tokenUrl.trim(), clientId, secret, scope, keyId };
  }
}

/** True for a difference from what is in use. */
export function isChanged(draft: Draft, row: ServerSettingsRow): boolean {
  return JSON.stringify(draft) !== JSON.stringify(draftOf(row));
}

/** The address alone, so that a slash at its end makes no difference. */
export function isOtherAddress(draft: Draft, row: ServerSettingsRow): boolean {
  const bare = (url: string): string => url.trim().replace(/\/+$/, '');
  return bare(draft.url) !== bare(row.url);
}

function isAddress(text: string): boolean {
  return /^https?:\/\/.+/i.test(text.trim()) && URL.canParse(text.trim());
}

function within(text: string, most: number): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= most;
}
