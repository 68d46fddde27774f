/** `node --import bench/pictures/pauses-preload.ts …` with a channel to the parent: tells the longest pause of the event loop when asked. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION = 1;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
delays.enable();

// Told since the last question, in milliseconds; what is measured is the time between two looks.
process.on('message', () => {
  process.send?.(Math.max(0, delays.max / 1e6 - RESOLUTION));
  delays.reset();
});
// The channel must not keep a process that wants to end.
process.channel?.unref();
