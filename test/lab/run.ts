/** `node test/lab/run.ts`: a lab with the reference host to work with by hand. Prints its facts as one line of JSON. */
import { startReferenceHost } from './reference-host.ts';
import { startLab } from './start.ts';
import { openLab } from './tools.ts';

const ended = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});
// Signals alone do not keep Node from ending.
const awake = setInterval(() => {}, 2 ** 30);
const { facts, stop } = await startLab();
try {
  const { services, servicesFile } = await startReferenceHost(openLab(facts));
  console.log(JSON.stringify({ ...facts, servicesFile, services }));
  await ended;
} finally {
  await stop();
  clearInterval(awake);
}
