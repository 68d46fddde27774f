import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOffsite, type Offsite } from '../../src/clients/offsite.ts';

/** The same of both programs, each with a repository on this disk. */

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'steward-offsite-'));
  writeFileSync(join(place, 'password'), 'only for this test\n');
  const restic = ['--repo', join(place, 'repository'), '--password-file', join(place, 'password')];
  execFileSync('restic', [...restic, '--cache-dir', join(place, 'cache'), 'init'], { stdio: 'pipe' });
});
afterAll(() => rmSync(place, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
}

const makers: Record<string, () => Offsite> = {
  restic: () =>
    createOffsite(
      { kind: 'restic', repository: join(place, 'repository'), password_file: join(place, 'password') },
      { cache: join(place, 'cache') },
    ),
  rclone: () =>
    createOffsite({ kind: 'rclone', remote: join(place, 'remote') }, { cache: join(place, 'cache') }),
};

describe.each(Object.entries(makers))('createOffsite %s', (_kind, make) => {
  test('has no backups of a service that was never sent', async () => {
    expect(await make().list('nobody')).toEqual([]);
  });

  test('sends a backup, knows it, and brings files of it back', async () => {
    const offsite = make();
    write('a/one/manifest.json', 'm');
    write('a/one/1-files/with space [x]*.txt', 'y');
    write('a/one/1-files/other.txt', 'not asked for');
    write('a/two/manifest.json', 'n');
    await offsite.send({ service: 'a', id: 'one' }, join(place, 'a/one'));
    await offsite.send({ service: 'a', id: 'two' }, join(place, 'a/two'));
    await offsite.send({ service: 'b', id: 'three' }, join(place, 'a/two'));

    expect(await offsite.list('a')).toEqual(['one', 'two']);
    expect(await offsite.list('b')).toEqual(['three']);
    const back = join(place, `back-${offsite.kind}`);
    await offsite.fetch({ service: 'a', id: 'one' }, ['manifest.json', '1-files/with space [x]*.txt'], back);
    expect(readFileSync(join(back, 'manifest.json'), 'utf8')).toBe('m');
    expect(readFileSync(join(back, '1-files/with space [x]*.txt'), 'utf8')).toBe('y');
    expect(() => readFileSync(join(back, '1-files/other.txt'))).toThrow('ENOENT');
  });

  test('sends one again without harm, and adds what was missing', async () => {
    const offsite = make();
    write('a/again/manifest.json', 'm');
    await offsite.send({ service: 'again', id: '1' }, join(place, 'a/again'));
    write('a/again/proof.json', 'p');
    await offsite.send({ service: 'again', id: '1' }, join(place, 'a/again'));

    expect(await offsite.list('again')).toEqual(['1']);
    const back = join(place, `again-${offsite.kind}`);
    await offsite.fetch({ service: 'again', id: '1' }, ['proof.json'], back);
    expect(readFileSync(join(back, 'proof.json'), 'utf8')).toBe('p');
  });

  test('says that there is no such backup', async () => {
    const to = join(place, 'nothing');
    await expect(make().fetch({ service: 'a', id: 'gone' }, ['manifest.json'], to)).rejects.toThrow(
      /gone|not found/,
    );
  });

  test('ends at its signal', async () => {
    const over = AbortSignal.abort(new Error('enough'));
    await expect(make().send({ service: 'a', id: 'x' }, place, { signal: over })).rejects.toThrow('enough');
  });
});

describe('createOffsite', () => {
  test('says what restic says of a wrong password, and of a repository that is not there', async () => {
    write('wrong', 'another\n');
    const at = (repository: string, password: string) =>
      createOffsite(
        { kind: 'restic', repository: join(place, repository), password_file: join(place, password) },
        { cache: join(place, 'cache') },
      );
    await expect(at('repository', 'wrong').list('a')).rejects.toThrow(
      'restic says: wrong password or no key found',
    );
    await expect(at('nowhere', 'password').list('a')).rejects.toThrow(
      /restic says: unable to open config file/,
    );
    await expect(at('repository', 'no-file').list('a')).rejects.toThrow(/restic says: .*does not exist/);
  });

  test('rclone never writes over a backup that differs there', async () => {
    const offsite = makers['rclone']?.();
    write('c/manifest.json', 'as it was');
    await offsite?.send({ service: 'c', id: '1' }, join(place, 'c'));
    write('c/manifest.json', 'another!!');

    await expect(offsite?.send({ service: 'c', id: '1' }, join(place, 'c'))).rejects.toThrow(/rclone says: /);
    expect(readFileSync(join(place, 'remote/c/1/manifest.json'), 'utf8')).toBe('as it was');
  });

  test('names a program that is not installed', async () => {
    write('not-a-program', '');
    chmodSync(join(place, 'not-a-program'), 0o600);
    const offsite = createOffsite(
      { kind: 'rclone', remote: join(place, 'remote') },
      { cache: place, programs: { rclone: join(place, 'gone') } },
    );
    await expect(offsite.list('a')).rejects.toThrow(/Cannot run ".*gone": there is no such program/);
  });
});
