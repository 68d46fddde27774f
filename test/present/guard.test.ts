import { describe, expect, it } from 'vitest';
import { present } from './present.ts';
import type { Report } from '../../src/report.ts';
import type { DeployReport, GuardPlan, GuardReport, PinChange } from '../../src/report/updates.ts';
import { toText } from '../../src/terminal.ts';
import { textsOf } from '../../src/texts/index.ts';

const AT = Date.UTC(2026, 10, 20, 14, 40);
const BACKUP = Date.UTC(2026, 10, 20, 14, 37);
const texts = textsOf('en', 'UTC');
const shown = (report: Report) => toText(present(report, texts), false);
const buttonsOf = (report: Report) => present(report, texts).buttons?.flat() ?? [];

const change: PinChange = {
  file: 'modules/nixos/programs/docker/immich.nix',
  lines: [{ was: ':v2.6.1', next: ':v2.6.3', places: 2 }],
};
const restore: PinChange = { ...change, lines: [{ was: ':v2.6.3', next: ':v2.6.1', places: 2 }] };
const service = { service: 'immich', title: 'Immich', from: 'v2.6.1', to: 'v2.6.3', at: AT };

const plan: GuardPlan = {
  ...service,
  kind: 'guard-plan',
  key: 'v2.6.3',
  size: 1_100_000_000,
  images: ['immich-ml', 'immich-server'].map((container) => ({
    container,
    was: `ghcr.io/x/${container}:v2.6.1`,
    image: `ghcr.io/x/${container}:v2.6.3`,
    digest: `sha256:${'1'.repeat(64)}`,
    from: 'one',
    to: undefined,
  })),
  isCovered: true,
  notCovered: 'photos',
  change,
  hazards: [],
  notes: { url: 'https://example.org/v2.6.3', gist: [], breaking: [] },
};

const waiting: GuardReport = {
  ...service,
  kind: 'guard',
  stage: 'waiting',
  change,
  backupAt: BACKUP,
  data: undefined,
  isStopped: false,
  why: undefined,
  notes: plan.notes,
  actions: [[{ label: 'stop-waiting', command: 'update', args: ['immich', 'stop'] }]],
};

const deploy: DeployReport = {
  ...service,
  kind: 'deploy',
  isWell: true,
  course: 'announced',
  images: [
    {
      container: 'immich-server',
      was: 'ghcr.io/x/immich-server:v2.6.1',
      now: 'ghcr.io/x/immich-server:v2.6.3',
    },
  ],
  containers: 4,
  why: undefined,
  lastLines: [],
  change: undefined,
  backupAt: BACKUP,
  data: undefined,
};

describe('a guarded deploy', () => {
  it('says before what it makes ready, and that nothing is stopped', () => {
    expect(shown(plan)).toBe(
      [
        '🛡 Prepare the deploy of immich v2.6.1 → v2.6.3?',
        'modules/nixos/programs/docker/immich.nix names the version, so the deploy is yours.',
        '',
        '1. Backup while it runs, proven and kept with the others',
        '2. Download 2 images, 1.1 GB',
        '3. Wait for your deploy, judge the start and tell you',
        '',
        'Nothing is stopped before you deploy. If it fails I can put the data back as of the backup; what is written after it would be lost.',
        '🗄 No copy is made of: photos',
      ].join('\n'),
    );
    expect(buttonsOf(plan).map(({ label }) => label)).toEqual([
      'Back up and prepare',
      'Cancel',
      'Release notes',
    ]);
    expect(shown({ ...plan, isCovered: false })).toMatch(/No copy of its data is made/);
  });

  it('waits with the line to change, to be copied as a prompt', () => {
    expect(shown(waiting)).toBe(
      [
        '🛡 immich v2.6.1 → v2.6.3 is pinned in your configuration',
        'Backup taken 14:37, new images are here already.',
        'In modules/nixos/programs/docker/immich.nix change :v2.6.1 to :v2.6.3 (2 places), then deploy.',
        'I watch the start, judge it and tell you.',
      ].join('\n'),
    );
    const buttons = buttonsOf(waiting);
    expect(buttons.map(({ label }) => label)).toEqual(['Copy as a prompt', 'Release notes', 'Stop waiting']);
    expect(buttons[0]).toMatchObject({
      copy: 'In modules/nixos/programs/docker/immich.nix replace :v2.6.1 by :v2.6.3 (2 places) and change nothing else. Then deploy with nixos-rebuild switch and run: steward status immich',
    });
  });

  it('has no prompt that is too long for a button', () => {
    const long = { ...waiting, change: { ...change, file: `${'deep/'.repeat(40)}immich.nix` } };
    expect(buttonsOf(long).map(({ label }) => label)).not.toContain('Copy as a prompt');
  });

  it('says what did not work, and that nothing was stopped', () => {
    const why = { kind: 'step' as const, step: 'download', cause: 'manifest unknown' };
    expect(shown({ ...waiting, stage: 'unchanged', why, actions: [] })).toBe(
      [
        '❌ immich: the deploy could not be prepared. Nothing was stopped, and nothing is left of it.',
        'Why: the download failed: manifest unknown.',
      ].join('\n'),
    );
  });

  it('is told when it is well, with the way back', () => {
    expect(shown(deploy)).toMatch(
      /^✅ immich runs v2\.6\.3, as deployed\.\nAll 4 containers healthy\.\nWay back kept: the old image and the backup of 14:37/,
    );
  });

  it('is told when it is not, with the reason, the last lines and the line to restore', () => {
    const bad: DeployReport = {
      ...deploy,
      isWell: false,
      why: { kind: 'restarting', restarts: 3 },
      lastLines: ['Error: column "assetId" does not exist'],
      change: restore,
    };
    const text = shown(bad);
    expect(text).toMatch(/^🔴 immich v2\.6\.3 is deployed, but not healthy\nWhy: restarting again and again/);
    expect(text).toContain('column "assetId" does not exist');
    expect(text).toContain(
      'To go back: in modules/nixos/programs/docker/immich.nix change :v2.6.3 to :v2.6.1 (2 places), then deploy.',
    );
    expect(text).toContain('puts its data back as of the backup of 14:37');
  });
});

describe('the way back of a guarded deploy', () => {
  const back: Report = {
    kind: 'guard-back-plan',
    id: '20261120t143700-guard',
    ...service,
    from: 'v2.6.3',
    to: 'v2.6.1',
    stops: ['immich-server', 'immich-ml'],
    data: { asOf: BACKUP, lost: [{ source: 'postgres immich', table: 'asset', before: 10, after: 14 }] },
    reason: 'other-schema',
    change: restore,
  };

  it('says as of when the data would be, what is lost, and what its owner does', () => {
    expect(shown(back)).toBe(
      [
        '↩️ Take immich back v2.6.3 → v2.6.1?',
        'The old version cannot read the data as it is now, so that goes back, too.',
        '🗄 Data as of the backup of 14:37:00: there was no copy at rest, because the deploy was not mine.',
        '⚠️ Written since: asset +4. The service loses that; it is kept on the disk.',
        '',
        '1. Stop server and ml',
        '2. Put the data back',
        '3. You: in modules/nixos/programs/docker/immich.nix change :v2.6.3 to :v2.6.1 (2 places), then deploy',
        '4. Start v2.6.1 once the configuration names it, and judge it',
        'It is down until then.',
      ].join('\n'),
    );
  });

  it('leaves data alone that the old version can read, and waits for nobody where nothing is to be changed', () => {
    const text = shown({ ...back, data: undefined, reason: 'same-schema', change: undefined });
    expect(text).toContain('✅ The data stays as it is');
    expect(text).toContain('2. Start v2.6.1, which the configuration names already, and judge it');
    expect(text).not.toContain('down until then');
  });

  it('rests with the line to restore, and says where what was replaced is kept', () => {
    const rests: GuardReport = {
      ...waiting,
      from: 'v2.6.3',
      to: 'v2.6.1',
      stage: 'going-back',
      isStopped: true,
      change: restore,
      data: {
        asOf: BACKUP,
        newer: [{ source: 'postgres immich', table: 'asset', before: 10, after: 14 }],
        aside: ['/var/lib/immich/aside'],
      },
    };
    expect(shown(rests)).toBe(
      [
        '↩️ immich is stopped, on its way back to v2.6.1',
        'Its data is back, as of the backup of 14:37:00.',
        'Written since, and put aside: asset +4',
        'Kept in /var/lib/immich/aside',
        'In modules/nixos/programs/docker/immich.nix change :v2.6.3 to :v2.6.1 (2 places), then deploy.',
        'I start it when the configuration names it, judge it and tell you.',
      ].join('\n'),
    );
    expect(shown({ ...rests, change: undefined })).toContain('I start it within a minute');
  });

  it('says in its first line when it is down', () => {
    const why = { kind: 'step' as const, step: 'back-data', cause: 'no space' };
    expect(shown({ ...waiting, stage: 'not-back', from: 'v2.6.3', to: 'v2.6.1', why })).toMatch(
      /^🔴 immich is DOWN; the way back to v2\.6\.1 failed\nWhy: putting the data back failed: no space\./,
    );
  });
});

it('a deploy that nobody announced is told with what ran before', () => {
  const bare: DeployReport = { ...deploy, course: 'unannounced', backupAt: undefined };
  expect(shown(bare)).toMatch(/^✅ immich was deployed: v2\.6\.1 → v2\.6\.3, and is healthy\./);
  const bad = shown({ ...bare, isWell: false, change: restore });
  expect(bad).toMatch(/^🔴 immich was deployed and is not healthy: v2\.6\.1 → v2\.6\.3\n/);
  expect(bad).not.toContain('backup');
});
