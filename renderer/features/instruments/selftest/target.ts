import type { ProbeTarget } from '../../../../shared/ipc/tools-probe.ts';

export const targetKinds = ['line', 'connect', 'listen', 'serial'] as const;

/** What stands in the fields of the dialog. */
export interface TargetDraft {
  kind: (typeof targetKinds)[number];
  host: string;
  port: string;
  /** address that may connect; empty: this computer alone */
  peer: string;
  path: string;
  baudRate: string;
}

export const emptyTarget: TargetDraft = {
  kind: 'line',
  host: '',
  port: '',
  peer: '',
  path: '',
  baudRate: '9600',
};

/** Whom the fields name; else the name of the first field that is wrong. */
export function targetOf(draft: TargetDraft): ProbeTarget | 'host' | 'port' | 'path' | 'baudRate' {
  const number = (text: string, most: number): number | null => {
    const value = /^\d{1,7}$/.test(text.trim()) ? Number(text) : 0;
    return value >= 1 && value <= most ? value : null;
  };
  switch (draft.kind) {
    case 'line':
      return { kind: 'line' };
    case 'connect': {
      const host = draft.host.trim();
      if (host === '' || /\s/.test(host)) return 'host';
      const port = number(draft.port, 65_535);
      return port === null ? 'port' : { kind: 'connect', host, port };
    }
    case 'listen': {
      const port = number(draft.port, 65_535);
      return port === null ? 'port' : { kind: 'listen', port, peer: draft.peer.trim() };
    }
    case 'serial': {
      const path = draft.path.trim();
      if (path === '') return 'path';
      const baudRate = number(draft.baudRate, 4_000_000);
      return baudRate === null ? 'baudRate' : { kind: 'serial', path, baudRate };
    }
  }
}
