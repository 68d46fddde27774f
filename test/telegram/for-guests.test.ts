import { expect, test } from 'vitest';
import { present } from '../../src/present/index.ts';
import type { Report } from '../../src/report.ts';
import type { PictureState } from '../../src/report/pictures.ts';
import type { ContainerState, ServiceState, Trouble } from '../../src/report/services.ts';
import { forGuests } from '../../src/telegram/for-guests.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';

const NOW = Date.UTC(2026, 10, 20, 14, 40);
const GUESTS = new Set(['status', 'help']);
/** What nobody but an owner is to read. */
const HIDDEN = /\/run\/|\/var\/|\/mnt\/|registry\.example|\.service|https?:|secret|stacks|podman\.sock/;

const container = (trouble: Trouble | undefined): ContainerState => ({
  name: 'blog-server',
  kind: 'container',
  unit: 'podman-blog-server.service',
  state: trouble === undefined ? 'ok' : 'down',
  trouble,
  health: undefined,
  image: 'registry.example/blog:v1',
  imageCreated: NOW - 86_400_000,
  startedAt: NOW - 3_600_000,
  restarts: 2,
  memory: { used: 100e6, limit: 1e9 },
  cpu: 3,
  lastExit: { code: 1, at: NOW, outOfMemory: false, result: 'exit-code' },
});

const service = (trouble?: Trouble): ServiceState => ({
  name: 'blog',
  title: 'Blog',
  host: 'stacks',
  state: trouble === undefined ? 'ok' : 'down',
  trouble,
  version: 'v1',
  containers: [container(trouble), container(undefined)],
  ping: 12,
  startedAt: NOW - 3_600_000,
  url: 'https://blog.example.dev',
  available: { version: 'v2', publishedAt: NOW, key: 'v2' },
  backup: {
    provenAt: NOW,
    level: 'decoded',
    drilledAt: undefined,
    isOverdue: false,
    notCovered: '/mnt/data',
  },
});

const TROUBLES: readonly Trouble[] = [
  { kind: 'no-unit', unit: 'podman-blog-server.service' },
  { kind: 'masked', unit: 'podman-blog-server.service', runs: false },
  { kind: 'unit-failed', unit: 'podman-blog-server.service', result: 'exit-code' },
  { kind: 'condition', unit: 'x.service', condition: 'ConditionPathExists=/run/agenix/secret' },
  { kind: 'unhealthy', since: NOW - 60_000, output: 'cannot open /var/lib/blog' },
  { kind: 'no-answer', url: 'http://127.0.0.1:8000', cause: 'ECONNREFUSED' },
  { kind: 'host-unreachable', host: 'stacks', cause: 'cannot reach /run/podman.sock' },
  { kind: 'silent', cause: 'cannot reach /run/podman.sock' },
  { kind: 'job-failed', what: 'back-up', cause: 'cannot write /mnt/data' },
];

const shown = (report: Report) => {
  const card = present(forGuests(report, GUESTS), textsOf('en', 'UTC'));
  return { text: toText({ blocks: card.blocks }, false), buttons: card.buttons?.flat() ?? [] };
};

test.each(TROUBLES)('a service with the trouble $kind names nothing of the host', (trouble) => {
  const hosts = [{ name: 'stacks', trouble: 'cannot reach /run/podman.sock' }];
  const all = shown({
    kind: 'status',
    hosts,
    services: [service(trouble)],
    disks: [{ path: '/mnt/data', lost: 'gone' }],
    at: NOW,
  });
  const one = shown({
    kind: 'service',
    service: service(trouble),
    machine: { load: 1, memoryUsed: 1, memorySize: 2, temperature: 50 },
    at: NOW,
  });
  expect(all.text).not.toMatch(HIDDEN);
  expect(one.text).not.toMatch(HIDDEN);
  expect(all.text).toContain('blog');
  expect(one.text).toMatch(/^🔴 blog v1 – \w/);
});

const picture: PictureState = {
  number: 7,
  name: 'p7.jpg',
  path: '/pictures/p7.jpg',
  isReadable: true,
  names: ['/pictures/secret-plan.jpg'],
  tiles: [],
  moving: undefined,
  isFrames: false,
  hostPath: '/var/lib/immich/7.jpg',
  width: 10,
  height: 20,
  size: 300,
  state: 'filed',
  duplicate: undefined,
  url: 'https://immich.example.dev/7',
  kept: false,
  keepable: true,
  cleaned: false,
  problem: undefined,
};

test('a picture has its path and no more: neither what others named it, nor where Immich keeps it', () => {
  const { text, buttons } = shown({
    kind: 'pictures',
    pictures: [picture],
    waiting: 0,
    immich: 'on',
    service: 'immich',
    shrunkHint: false,
  });
  expect(text).toContain('/pictures/p7.jpg');
  expect(text).not.toMatch(HIDDEN);
  expect(buttons.map(({ label }) => label)).toEqual(['Copy path']);
});

test('buttons of what guests may not ask are left out, with rows that they leave empty', () => {
  const action = (command: string) => ({ label: 'refresh', command, args: [] }) as const;
  const { buttons } = shown({
    kind: 'status',
    hosts: [],
    services: [],
    disks: [],
    at: NOW,
    actions: [[action('logs'), action('status')], [action('update')]],
  });
  expect(buttons).toEqual([{ label: 'Refresh', command: 'status', args: [] }]);
});
