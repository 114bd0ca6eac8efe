/** What the session of a watched folder works with. */
import type { FileProfile } from '../../../../shared/profiles/profile.ts';
import type { StationInstrument } from '../../../../shared/station/schema.ts';
import type { FileFacts, FilePort } from './folder-files.ts';
import type { LineSessionOptions } from './ports.ts';

export type Folder = Extract<StationInstrument['transport'], { kind: 'folder' }>;

export interface FolderSessionOptions extends LineSessionOptions {
  folder: Folder;
  profile: FileProfile;
  files: FilePort;
}

/** A claimed file. */
export interface Claimed {
  path: string;
  /** the name it had */
  name: string;
  /** an earlier run claimed it, and may have journalled it */
  left: boolean;
  /** digest of what was read of it before it was put away and grew */
  before?: string | undefined;
}

/** A claimed file on its way: journalled, and once posted to be put away. */
export interface Claim {
  /** in the folder of claims */
  path: string;
  /** in the archive: the same however often it is put away */
  target: string;
  /** why it cannot be read; null: it goes into the archive */
  fault: string | null;
  /** the name it had, what it was when it was read, and the digest of its row in the journal */
  name: string;
  facts: FileFacts;
  digest: string;
}
