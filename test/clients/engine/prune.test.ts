import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../../../src/clients/engine.ts';

/** Docker's answers; images are removed from a real Podman in test/operations/prune.lab.test.ts. */
let folder: string;
let server: Server;
let engine: Engine;
let asked: string[];
let answers: Record<string, unknown>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'steward-prune-'));
  asked = [];
  answers = {};
  server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').replace(/^\/v[\d.]+/, '');
    asked.push(`${request.method} ${path}`);
    const answer = path === '/_ping' ? 'OK' : answers[path.split('?')[0] ?? ''];
    response.setHeader('api-version', '1.41').setHeader('content-type', 'application/json');
    response
      .writeHead(answer === undefined ? 404 : 200)
      .end(JSON.stringify(answer ?? { message: 'Not Found' }));
  });
  await once(server.listen(join(folder, 'socket')), 'listening');
  engine = createEngine(`unix://${folder}/socket`);
});
afterEach(async () => {
  await engine.close();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

describe('buildCache', () => {
  test('tells what no build uses, with its last use or else its making', async () => {
    answers['/system/df'] = {
      BuildCache: [
        { Size: 100, InUse: false, CreatedAt: '2026-11-01T00:00:00Z', LastUsedAt: '2026-11-10T00:00:00Z' },
        { Size: 20, InUse: false, CreatedAt: '2026-11-02T00:00:00Z', LastUsedAt: null },
        { Size: 7, InUse: true, CreatedAt: '2026-11-01T00:00:00Z' },
      ],
    };
    expect(await engine.buildCache()).toEqual([
      { size: 100, usedAt: Date.parse('2026-11-10T00:00:00Z') },
      { size: 20, usedAt: Date.parse('2026-11-02T00:00:00Z') },
    ]);
  });

  test('is undefined of an engine that tells of none', async () => {
    answers['/system/df'] = { Images: [] };
    expect(await engine.buildCache()).toBeUndefined();
    delete answers['/system/df'];
    expect(await engine.buildCache()).toBeUndefined();
  });
});

test('pruneBuildCache leaves what was used lately: the engine is told until when', async () => {
  answers['/build/prune'] = { SpaceReclaimed: 5 };
  await engine.pruneBuildCache(7 * 86_400_000);
  expect(asked.at(-1)).toBe('POST /build/prune?filters={"until":["604800s"]}');
});

test('removeImage never forces, takes one that is gone, and refuses what is no id', async () => {
  await engine.removeImage(`sha256:${'a'.repeat(64)}`);
  expect(asked.at(-1)).toBe(`DELETE /images/sha256:${'a'.repeat(64)}?force=false`);
  await expect(engine.removeImage('../containers/x')).rejects.toThrow('no such image');
});
