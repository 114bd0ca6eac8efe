/** Loaded into the engine's process by the bench: on SIGUSR2 it collects garbage and tells how much is still held. */
process.on('SIGUSR2', () => {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ type: 'benchHeap', heapUsed: heapUsed + external });
});

export {};
