import { afterEach, describe, expect, it } from 'vitest';
import { keysOf, openPlace, type Place } from '../smoke-place.ts';

let place: Place;
afterEach(() => place.close());

describe('https', () => {
  it('asks each service of one host by its own path, and further names once', async () => {
    place = await openPlace({
      services: {
        other: { containers: ['other'], url: 'https://web.example.dev:1/base/' },
      },
      checks: {
        disks: [{ path: '/' }],
        vpn: undefined,
        proxy: { address: '127.0.0.1', names: ['web.example.dev', 'nothing.example.dev'] },
      },
    });
    const { findings, looked } = await place.look();
    // Nothing listens on the ports of the other two, and nobody has named the authority.
    expect(keysOf(findings)).toEqual(['certificate:*.example.dev', 'url:nothing.example.dev', 'url:other']);
    expect(looked).toContain('url:web');
    expect(looked).not.toContain('url:web.example.dev');
    expect(looked.filter((key) => key.startsWith('vpn:'))).toEqual([]);
  });

  it('does not blame a proxy for a name that this machine does not know', async () => {
    place = await openPlace({
      services: { other: { containers: ['other'], url: 'https://other.invalid' } },
      checks: { disks: [{ path: '/' }], proxy: undefined },
    });
    const { findings, notLooked } = await place.look();
    expect(keysOf(findings)).toEqual([]);
    expect(notLooked.filter(({ key }) => /^(?:url|certificate):/.test(key))).toEqual([
      {
        key: 'url:web',
        why: expect.stringContaining('does not know the name') as string,
        because: 'lacking',
      },
      {
        key: 'url:other',
        why: expect.stringContaining('does not know the name') as string,
        because: 'lacking',
      },
      { key: 'certificate:', why: 'not every name answers', because: 'told' },
    ]);
  });
});
