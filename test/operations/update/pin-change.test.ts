import { describe, expect, it } from 'vitest';
import { pinChange, repositoryOf, tagOf } from '../../../src/operations/update/pin-change.ts';

const image = (name: string, tag: string) => `ghcr.io/immich-app/${name}${tag}`;

describe('pinChange', () => {
  it('names the tag alone, and once for all images that have it', () => {
    const images = ['immich-server', 'immich-machine-learning'].map((name) => ({
      was: image(name, ':v2.6.1'),
      next: image(name, ':v2.6.3'),
    }));
    expect(pinChange('modules/immich.nix', images)).toEqual({
      file: 'modules/immich.nix',
      lines: [{ was: ':v2.6.1', next: ':v2.6.3', places: 2 }],
    });
  });

  it('names tag and digest where both are pinned', () => {
    const [old, fresh] = ['a', 'b'].map((digit) => `@sha256:${digit.repeat(64)}`);
    const { lines } = pinChange(undefined, [
      { was: image('x', `:v1${old}`), next: image('x', `:v2${fresh}`) },
    ]);
    expect(lines).toEqual([{ was: `:v1${old}`, next: `:v2${fresh}`, places: 1 }]);
  });

  it('names the whole images where the repository changes, and nothing where nothing does', () => {
    const { lines } = pinChange(undefined, [
      { was: image('old', ':v1'), next: image('new', ':v1') },
      { was: image('same', ':v1'), next: image('same', ':v1') },
    ]);
    expect(lines).toEqual([{ was: image('old', ':v1'), next: image('new', ':v1'), places: 1 }]);
  });
});

it.each([
  ['ghcr.io/x/y:v1', 'ghcr.io/x/y', 'v1'],
  ['127.0.0.1:5000/web:2.1', '127.0.0.1:5000/web', '2.1'],
  ['127.0.0.1:5000/web', '127.0.0.1:5000/web', undefined],
  [`ghcr.io/x/y:v1@sha256:${'0'.repeat(64)}`, 'ghcr.io/x/y', 'v1'],
  [`ghcr.io/x/y@sha256:${'0'.repeat(64)}`, 'ghcr.io/x/y', undefined],
  ['nginx:1.27', 'nginx', '1.27'],
])('repositoryOf and tagOf take %s apart', (name, repository, tag) => {
  expect(repositoryOf(name)).toBe(repository);
  expect(tagOf(name)).toBe(tag);
});
