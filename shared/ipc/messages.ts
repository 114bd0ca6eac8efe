import type { PlainError } from '../errors.ts';
import type { Delta } from './spec.ts';

/** From a window to the engine. `id` is unique in the window's connection. */
export type ToEngine =
  | { type: 'command'; id: number; name: string; args: unknown }
  | { type: 'watch'; id: number; name: string; args: unknown }
  | { type: 'unwatch'; id: number }
  /** A person did something: keeps the session from locking. */
  | { type: 'alive' };

/** From the engine to a window. */
export type ToWindow =
  | { type: 'done'; id: number; value: unknown }
  | { type: 'failed'; id: number; error: PlainError }
  | { type: 'snapshot'; id: number; rows: { id: string }[] }
  | { type: 'delta'; id: number; delta: Delta<{ id: string }> }
  | { type: 'watchFailed'; id: number; error: PlainError };
