import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { startEngineSandbox } from '../../sandbox/engine.ts';
import { startRegistry } from '../../sandbox/registry.ts';
import { engineContract } from '../contract/engine.ts';

describe('engine stand-in', () => {
  engineContract(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'engine-'));
    const registry = await startRegistry();
    const credentials = { username: 'me', password: 'pass:word' };
    registry.publish('locked.example.org/web:1', { version: '1' });
    registry.lock('locked.example.org/web', credentials);
    const createdAt = Date.UTC(2026, 9, 1);
    const layers = { [`sha256:${'5'.repeat(64)}`]: 1_000_000 };
    const box = await startEngineSandbox({
      socket: join(folder, 'engine.sock'),
      chatter: 0,
      pace: 10,
      registry: registry.host,
      networks: ['red', 'blue'],
      bandwidth: 20_000_000,
    });
    const spec = (name: string) => ({
      name,
      image: 'localhost/busybox:1',
      version: '1',
      memory: 1e6,
      cpu: 0.01,
    });
    box.run(spec('one'));
    box.write('one', 'first\n');
    box.write('one', 'second\n', 'stderr');
    box.write('one', 'third\n');
    box.run({ ...spec('terminal'), terminal: true });
    box.write('terminal', '\u001b[1mready\u001b[0m\n');
    box.run(spec('odd'));
    box.write('odd', `${'x'.repeat(10_000_000)}\n`);
    box.write('odd', Buffer.from([97, 255, 98, 10]));
    box.write('odd', 'last\n');
    return {
      socket: box.socket,
      container: 'one',
      image: 'localhost/busybox:1',
      terminal: 'terminal',
      odd: 'odd',
      published: {
        repository: 'registry.example.org/web',
        one: registry.publish('registry.example.org/web:1', { version: '1', layers, createdAt }),
        two: registry.publish('registry.example.org/web:2', {
          version: '2',
          layers,
          createdAt,
          isList: true,
        }),
      },
      networks: ['red', 'blue'],
      locked: { image: 'locked.example.org/web:1', credentials },
      volumes: async () => box.volumes(),
      async begin(name) {
        box.run(spec(name));
        box.write(name, 'working\n');
        return { end: (code) => box.kill(name, { code }) };
      },
      async fallIll(name) {
        box.run({ ...spec(name), healthCheck: true });
        box.setHealth(name, 'unhealthy', 'no answer');
      },
      async breakOff(meanwhile) {
        await box.down();
        await meanwhile?.();
        await box.up();
      },
      async close() {
        await box.close();
        await registry.close();
        rmSync(folder, { recursive: true });
      },
    };
  });
});
