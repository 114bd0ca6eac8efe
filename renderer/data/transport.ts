import type { LeveyBridge } from '../../shared/ipc/envelope.ts';
import type { ToEngine, ToWindow } from '../../shared/ipc/messages.ts';

/** How the client reaches the engine: the preload's bridge, or a fake in tests and on the preview page. */
export interface Transport {
  /** Opens the connection; messages come in order. */
  connect(onMessage: (message: ToWindow) => void): { send(message: ToEngine): void };
  /** Tells whether the engine runs, at once and at every change. After a restart the connection is new to the engine. */
  onEngine(listener: (running: boolean) => void): () => void;
}

/** The real one, over `window.levey`. */
export function bridgeTransport(bridge: LeveyBridge): Transport {
  return {
    connect: (onMessage) => bridge.connect((message) => onMessage(message as ToWindow)),
    onEngine: (listener) => {
      let before: boolean | null = null;
      return bridge.shell.onState((state) => {
        const running = state.engine.phase === 'running';
        if (running === before) return;
        before = running;
        listener(running);
      });
    },
  };
}
