/** Asks a service all the time, in a thread of its own, so that what the benchmark does meanwhile cannot hide an answer. */
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** Milliseconds between an answer, or none, and the next question. */
const EVERY = 5;
/** Milliseconds that an answer may take. */
const PATIENCE = 2_000;

export type Probing = {
  /** @returns the longest time between two answers since the last call, milliseconds */
  longestGap(): Promise<number>;
  stop: () => Promise<void>;
};

/** @returns once the service has answered */
export async function startProbing(url: string): Promise<Probing> {
  const worker = new Worker(new URL(import.meta.url), { workerData: url });
  await once(worker, 'message');
  return {
    async longestGap() {
      const answer = once(worker, 'message');
      worker.postMessage('gap');
      return ((await answer) as [number])[0];
    },
    async stop() {
      await worker.terminate();
    },
  };
}

function answers(url: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // A connection for each: one that is kept open would tell nothing of a server that came anew.
  const asked = request(url, { agent: false, timeout: PATIENCE }, (response) => {
    response
      .on('error', () => resolve(false))
      .on('end', () => resolve(response.statusCode === 200))
      .resume();
  });
  asked
    .on('timeout', () => asked.destroy())
    .on('error', () => resolve(false))
    .on('close', () => resolve(false))
    .end();
  return promise;
}

async function probe(url: string): Promise<never> {
  let last: number | undefined;
  let longest = 0;
  let wanted = false;
  parentPort?.on('message', () => {
    wanted = true;
  });
  for (;;) {
    // A gap that is open now has its end in an answer to a question from now on.
    const isWanted = wanted;
    if (await answers(url)) {
      const now = performance.now();
      if (last === undefined) parentPort?.postMessage('answered');
      else longest = Math.max(longest, now - last);
      last = now;
      if (isWanted) {
        parentPort?.postMessage(longest);
        [longest, wanted] = [0, false];
      }
    }
    await pause(EVERY);
  }
}

if (!isMainThread) await probe(workerData as string);
