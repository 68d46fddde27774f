/** `node --expose-gc --import bench/start/heap-preload.ts …` with a channel to the parent: tells what is left after collecting garbage. */
process.on('message', () => {
  globalThis.gc?.();
  process.send?.(process.memoryUsage().heapUsed);
});
// The channel must not keep a process that wants to end.
process.channel?.unref();
