/** An application that writes all the while. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export type Writer = {
  /** Another row is there. */
  more(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Writes to a database until it is stopped, one transaction after the other.
 * @param sql run again and again; `:n` is a number that grows
 * @param pause milliseconds between two of them
 */
export async function startWriter(path: string, sql: string, pause = 0): Promise<Writer> {
  const worker = new Worker(
    `const { DatabaseSync } = require('node:sqlite');
     const { parentPort, workerData: { path, sql, pause } } = require('node:worker_threads');
     const database = new DatabaseSync(path, { timeout: 30_000 });
     const write = database.prepare(sql);
     let n = 0;
     let isOver = false;
     parentPort.once('message', () => (isOver = true));
     const work = () => {
       if (isOver) { database.close(); return; }
       n += 1;
       write.run({ n });
       parentPort.postMessage(n);
       setTimeout(work, pause);
     };
     work();`,
    { eval: true, workerData: { path, sql, pause } },
  );
  const more = async () => {
    await once(worker, 'message');
  };
  await more();
  return {
    more,
    async stop() {
      const ended = once(worker, 'exit');
      worker.postMessage('stop');
      await ended;
    },
  };
}
