import { describe, expect, it } from 'vitest';
import { toHostPath } from '../../src/pictures/paths.ts';

/** The two volumes of the reference host, the shorter one first. */
const MAPPINGS = [
  { container: '/usr/src/app/upload', host: '/mnt/data/immich/photos' },
  { container: '/usr/src/app/upload/upload', host: '/var/lib/docker-data/immich/upload-cache' },
];

describe('toHostPath', () => {
  it.each([
    ['/usr/src/app/upload/upload/u/aa/bb/x.jpg', '/var/lib/docker-data/immich/upload-cache/u/aa/bb/x.jpg'],
    [
      '/usr/src/app/upload/library/admin/2026/이름 with space.jpg',
      '/mnt/data/immich/photos/library/admin/2026/이름 with space.jpg',
    ],
    ['/usr/src/app/upload/uploads/x.jpg', '/mnt/data/immich/photos/uploads/x.jpg'],
    ['/usr/src/app/upload', '/mnt/data/immich/photos'],
    ['/usr/src/app/upload/a..b/...jpg', '/mnt/data/immich/photos/a..b/...jpg'],
  ])('%s is %s', (path, host) => {
    expect(toHostPath(path, MAPPINGS)).toBe(host);
  });

  it.each([
    '/usr/src/app/upload/../../../etc/shadow',
    '/usr/src/app/upload/./x.jpg',
    '/usr/src/app/upload/x/..',
    '/usr/src/app/uploaded/x.jpg',
    '/data/x.jpg',
    'usr/src/app/upload/x.jpg',
    '/usr/src/app/upload/x\0.jpg',
    '',
  ])('%j is nowhere', (path) => {
    expect(toHostPath(path, MAPPINGS)).toBeUndefined();
  });

  it('slashes at the end of a mapping do not matter, and a mapping may be the root', () => {
    expect(toHostPath('/data/x.jpg', [{ container: '/data/', host: '/mnt/' }])).toBe('/mnt/x.jpg');
    expect(toHostPath('/data/x.jpg', [{ container: '/', host: '/mnt' }])).toBe('/mnt/data/x.jpg');
    expect(toHostPath('/data/x.jpg', [])).toBeUndefined();
  });
});
