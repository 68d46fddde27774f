import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments, parseDocument } from 'yaml';
import { EXIT } from '../../src/cli.ts';
import { PLAIN, SECRETS } from '../../src/config.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const unit = read('docs/steward.service');
const guide = read('docs/install.md');

const settings = [...unit.matchAll(/^(?<key>[A-Z]\w+)=(?<value>.*)$/gm)].map(({ groups }) => [
  groups?.key,
  groups?.value,
]);

test('the unit does not start again on a configuration that cannot be used', () => {
  expect(settings).toContainEqual(['RestartPreventExitStatus', String(EXIT.config)]);
});

test('the unit may write where the guide puts things', () => {
  const [, folder] = /^PICTURES_DIR=(.+)$/m.exec(guide) ?? [];
  const [, state] = /^STATE_DIR=(.+)$/m.exec(guide) ?? [];
  expect(settings).toContainEqual(['ReadWritePaths', folder]);
  expect(settings).toContainEqual(['StateDirectory', state?.replace('/var/lib/', '')]);
  const [backups] = parseAllDocuments(read('services.yaml'));
  expect(settings).toContainEqual(['ReadWritePaths', `-${String(backups?.getIn(['backups', 'folder']))}`]);
});

test('the unit may write where data is put back', () => {
  const { services: all } = parseDocument(read('services.yaml')).toJS() as {
    services: Record<string, { backup?: { sources: { folder?: string; files?: string }[] } }>;
  };
  const places = Object.values(all)
    .flatMap(({ backup }) => backup?.sources ?? [])
    .flatMap(({ folder, files }) => folder ?? files ?? []);
  const open = settings.flatMap(([key, value]) =>
    key === 'ReadWritePaths' ? [`${value?.replace(/^-/, '')}/`] : [],
  );
  expect(places.length).toBeGreaterThan(5);
  expect(places.filter((place) => !open.some((path) => `${place}/`.startsWith(path)))).toEqual([]);
});

test("the guide gives Node the unit's flags, and Node knows them", () => {
  const flagsOf = (text: string) => /bin\/node ((?:--\S+ )*)\/opt/.exec(text)?.[1]?.trim().split(' ') ?? [];
  const flags = flagsOf(unit);
  expect(flags).not.toEqual([]);
  expect(flagsOf(guide)).toEqual(flags);
  const { status, stderr } = spawnSync(process.execPath, [...flags, '--eval', ''], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('every variable that the guide and the unit set is known', () => {
  const known = new Set<string>([...PLAIN, ...SECRETS, ...SECRETS.map((name) => `${name}_FILE`)]);
  const set = [...`${guide}\n${unit}`.matchAll(/(?:^|[\s`=])([A-Z][A-Z]+_[A-Z_]+)[=:](?=\S)/gm)].map(
    ([, name = '']) => name,
  );
  expect(set).toContain('TELEGRAM_BOT_TOKEN_FILE');
  // The linker's, Node's and glibc's, not ours.
  const others = ['LD_LIBRARY_PATH', 'NODE_COMPILE_CACHE', 'NODE_OPTIONS', 'MALLOC_ARENA_MAX'];
  expect(set.filter((name) => !known.has(name) && !others.includes(name))).toEqual([]);
});

test('the exit codes of the guide are those of the command line', () => {
  const { done, failed, usage, busy, config } = EXIT;
  expect(guide).toContain(
    `Exit codes: ${done} done, ${failed} failed, ${usage} usage, ${busy} busy, ${config} configuration.`,
  );
});
