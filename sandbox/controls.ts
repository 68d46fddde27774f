/** Switches and buttons of the page for what goes wrong on the machine in a box, and in the world that images come from. */
import type { SandboxData } from './data.ts';
import type { SandboxDisk } from './disk.ts';
import type { EngineSandbox } from './engine.ts';
import type { ContainerSpec } from './engine/host.ts';
import type { GithubStandIn } from './github.ts';
import type { ImmichStandIn } from './immich.ts';
import type { Proxy } from './proxy.ts';
import { publishUptimeKuma, publishVaultwarden } from './published.ts';
import type { RegistryStandIn } from './registry.ts';
import type { Telegram } from './telegram.ts';
import type { Control } from './telegram/controls.ts';

type MachineParts = { engine: EngineSandbox; immich: ImmichStandIn; data: SandboxData };

/** Started in a hurry, and forgotten. */
export const PANEL: ContainerSpec = {
  name: 'adminer',
  image: 'docker.io/library/adminer:latest',
  version: '5.4.1',
  memory: 21e6,
  cpu: 0.001,
  keep: true,
  body: {
    Image: 'docker.io/library/adminer:latest',
    Env: ['ADMINER_DEFAULT_SERVER=immich-postgres', 'PGPASSWORD=of-the-demo'],
    HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '', HostPort: '8081' }] } },
  },
};

/** What goes wrong on the host, as switches of the page. */
export function hostControls({ engine, immich, data }: MachineParts): Control[] {
  let hasPanel = false;
  const sick = new Set<string>();
  let immichDown = false;
  let engineDown = false;
  return [
    {
      kind: 'toggle',
      id: 'immich-down',
      group: 'Server',
      label: 'Immich is down',
      hint: 'Pictures are readable at once and filed when it is back.',
      get: () => immichDown,
      async set(on) {
        immichDown = on;
        await (on ? immich.down() : immich.up());
      },
    },
    {
      kind: 'toggle',
      id: 'archivebox-unhealthy',
      group: 'Server',
      label: 'archivebox is unhealthy',
      get: () => sick.has('archivebox'),
      set(on) {
        if (on) sick.add('archivebox');
        else sick.delete('archivebox');
        engine.setHealth('archivebox', on ? 'unhealthy' : 'healthy', on ? 'database is locked' : '');
      },
    },
    {
      kind: 'button',
      id: 'copyparty-dies',
      group: 'Server',
      label: 'copyparty dies',
      hint: 'Its alert comes within seconds; Restart ends it.',
      run: () => void engine.kill('copyparty', { code: 1, stay: true }),
    },
    {
      kind: 'button',
      id: 'vaultwarden-dies',
      group: 'Server',
      label: 'vaultwarden dies, out of memory',
      hint: 'systemd gives up on it.',
      run: () => void engine.kill('vaultwarden', { code: 137, oom: true, stay: true }),
    },
    {
      kind: 'button',
      id: 'kuma-lost',
      group: 'Server',
      label: 'uptime-kuma loses its database',
      hint: '/backup uptime-kuma says so; with an earlier backup /restore brings it back.',
      run: () => data.lose(),
    },
    {
      kind: 'button',
      id: 'open-panel',
      group: 'Server',
      label: 'A database panel is opened to everybody',
      hint: '/doctor finds it, with the line that closes it.',
      run() {
        if (!hasPanel) engine.run(PANEL);
        hasPanel = true;
      },
    },
    {
      kind: 'toggle',
      id: 'engine-down',
      group: 'Server',
      label: 'Podman does not answer',
      get: () => engineDown,
      async set(on) {
        engineDown = on;
        await (on ? engine.down() : engine.up());
      },
    },
  ];
}

/** What a look at the machine finds, which is asked for at once: by itself it comes each quarter of an hour. */
export function checkControls(
  telegram: Telegram,
  { disk, proxy }: { disk: SandboxDisk; proxy: Proxy },
): Control[] {
  const look = async () => void (await telegram.send('/jobs run look-at-host'));
  const toggle = (
    part: Pick<Control, 'id' | 'label'> & { hint: string },
    target: { readonly isOn: boolean; set(on: boolean): void },
  ): Control => ({
    kind: 'toggle',
    group: 'Server',
    ...part,
    get: () => target.isOn,
    async set(on) {
      target.set(on);
      await look();
    },
  });
  return [
    toggle(
      {
        id: 'disk-full',
        label: 'The disk is full',
        hint: 'It is looked at each quarter of an hour, and now.',
      },
      disk,
    ),
    toggle(
      {
        id: 'certificate-ends',
        label: 'A certificate runs out',
        hint: 'That of vault.example.dev has three days left.',
      },
      proxy,
    ),
  ];
}

/** What happens in the world where images come from. */
export function releaseControls(
  engine: EngineSandbox,
  github: GithubStandIn,
  registry: RegistryStandIn,
): Control[] {
  let githubDown = false;
  let pullsFail = false;
  const kuma = (id: string, label: string, hint: string, command?: readonly string[]): Control => ({
    kind: 'button',
    id,
    group: 'Releases',
    label,
    hint,
    run: () => publishUptimeKuma(registry, command),
  });
  return [
    {
      kind: 'button',
      id: 'vaultwarden-release',
      group: 'Releases',
      label: 'vaultwarden 1.35.0 is released',
      hint: '/check sees it at once, the nightly check by itself.',
      run: () => publishVaultwarden(github, registry),
    },
    {
      kind: 'button',
      id: 'immich-deploy',
      group: 'Releases',
      label: 'immich v2.6.0 is deployed',
      hint: 'Its configuration names the version: /update immich prepares the deploy, which is seen within a minute.',
      async run() {
        await engine.deploy('immich-ml', 'ghcr.io/immich-app/immich-machine-learning:v2.6.0');
        await engine.deploy('immich-server', 'ghcr.io/immich-app/immich-server:v2.6.0');
      },
    },
    kuma('kuma-good', 'uptime-kuma: a good image comes', '/update uptime-kuma takes it.'),
    kuma('kuma-dies', 'uptime-kuma: an image that dies', '/update uptime-kuma goes back by itself.', [
      'dies',
      '3',
    ]),
    kuma(
      'kuma-hangs',
      'uptime-kuma: an image that never answers',
      'It is given its time, then the old one comes back.',
      ['hangs'],
    ),
    {
      kind: 'toggle',
      id: 'pulls-fail',
      group: 'Releases',
      label: 'The disk is full while images are pulled',
      hint: 'An update then ends before anything was stopped.',
      get: () => pullsFail,
      set(on) {
        pullsFail = on;
        engine.failPulls(on ? 'error' : undefined);
      },
    },
    {
      kind: 'toggle',
      id: 'github-down',
      group: 'Releases',
      label: 'GitHub does not answer',
      hint: 'What cannot be looked up is unknown, never "up to date".',
      get: () => githubDown,
      set(on) {
        githubDown = on;
        github.fail(on ? 503 : undefined);
      },
    },
  ];
}
