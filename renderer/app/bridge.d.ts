import type { LeveyBridge } from '../../shared/ipc/envelope.ts';

declare global {
  interface Window {
    /** Given by the preload; missing on the preview page and in tests. */
    readonly levey?: LeveyBridge;
  }
}
