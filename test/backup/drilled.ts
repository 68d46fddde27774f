/** A process that drills a copy, to be killed in the middle. */
import type { PostgresPart } from '../../src/backup/manifest.ts';
import { drillPostgres } from '../../src/backup/postgres-drill.ts';
import { createEngine } from '../../src/clients/engine.ts';

export type DrilledOptions = { socket: string; part: PostgresPart; file: string; service: string };

const { socket, part, file, service } = JSON.parse(process.argv[2] ?? '') as DrilledOptions;
const { signal } = new AbortController();
await drillPostgres({ engine: createEngine(socket), application: 'steward drill', signal }, part, file, {
  service,
  onRestored: async () => {
    process.send?.('restored');
    await new Promise(() => setInterval(() => {}, 1000));
  },
});
