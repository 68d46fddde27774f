import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/logger.ts';
import { hostNews } from '../../../src/operations/smoke/news.ts';
import { createRedact } from '../../../src/redact.ts';
import { openPlace, type Place } from '../smoke-place.ts';

let place: Place;
afterEach(() => place.close());

describe('hostNews', () => {
  it('tells a start of the machine and another version of an engine once, and nothing of a first look', async () => {
    place = await openPlace();
    const engine = { name: 'Podman' as const, version: '5.4.2', apiVersion: '1.41' };
    const app = { ...place.app, log: createLogger({ level: 'silent', redact: createRedact([]) }) };
    const [local] = place.app.hosts.all;
    if (local === undefined) throw new Error('no host');
    local.engine.version = () => Promise.resolve(engine);
    const news = () => hostNews(app, { signal: new AbortController().signal });
    expect(await news()).toBeUndefined();
    expect(await news()).toBeUndefined();
    place.write('proc/sys/kernel/random/boot_id', 'second\n');
    place.write('proc/stat', 'btime 1795218999\n');
    engine.version = '5.5.0';
    expect(await news()).toEqual({
      kind: 'host-news',
      rebootedAt: 1_795_218_999_000,
      engines: [{ host: 'local', was: 'Podman 5.4.2', now: 'Podman 5.5.0' }],
      at: place.now,
    });
    local.engine.version = () => Promise.reject(new Error('away'));
    expect(await news()).toBeUndefined();
  });
});
