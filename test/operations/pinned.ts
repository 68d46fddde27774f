/** A service of the lab whose unit names a version, with GitHub beside it and an owner who deploys. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startGithub } from '../../sandbox/github.ts';
import { rollback as rollbackCommand } from '../../commands/rollback.ts';
import { update as updateCommand } from '../../commands/update.ts';
import type { App, Plan, Run } from '../../src/app.ts';
import { createReleases } from '../../src/clients/releases.ts';
import { watchDeploys } from '../../src/operations/update/watch-deploys.ts';
import type { Report } from '../../src/report.ts';
import type { DeployReport, GuardReport } from '../../src/report/updates.ts';
import type { Lab } from '../lab/tools.ts';
import { startUpdatable, type Updatable, type UpdatableOptions, type Version } from '../lab/updatable.ts';
import { openUpdating, type Updating, type UpdatingOptions } from './updating.ts';

export const FILE = 'modules/services/web.nix';

export type Pinned = Omit<Updating, 'close'> & {
  it: Updatable;
  /** For GITHUB_API_URL of another process. */
  github: string;
  /** A version is published: its image under a tag of its own, and its release. */
  publish(tag: string, what?: Version): Promise<void>;
  /** The owner changes the configuration and deploys. */
  deploy(tag: string): Promise<void>;
  /** The configuration alone: the unit is stopped, and stays so. */
  configure(tag: string): Promise<void>;
  /** A look, as the job does it. @returns what it told */
  watch(options?: Partial<Run>): Promise<DeployReport[]>;
  /** Looks until one tells something: a container that is just removed cannot be looked at. */
  told(): Promise<DeployReport[]>;
  plan(...args: string[]): Promise<Plan>;
  /** Planned, confirmed and run. */
  update(...args: string[]): Promise<GuardReport>;
  rollback(...args: string[]): Promise<Report>;
  close: () => Promise<void>;
};

/** With version `v1` in its unit, seen by a first look. */
export async function startPinned(
  lab: Lab,
  name: string,
  {
    kind = 'http',
    isScript = false,
    ...updating
  }: Pick<UpdatableOptions, 'kind'> & Omit<UpdatingOptions, 'folder'> & { isScript?: boolean } = {},
): Promise<Pinned> {
  const github = await startGithub();
  const release = { github: `lab/${name}`, version: 'tag', file: FILE };
  const it = await startUpdatable(lab, name, { kind, tag: 'v1.0.0', entry: { release } });
  const opened = openUpdating(lab, [it], updating);
  const { store, clock } = opened.app;
  await opened.app.releases.close();
  const releases = createReleases({ url: github.url, token: undefined, facts: store.facts, clock });
  const app: App = { ...opened.app, releases };
  const port = Number(new URL(it.url).port);
  const repository = it.image.slice(0, it.image.lastIndexOf(':'));

  const script = isScript ? await startByScript(lab, it) : undefined;
  const configure = async (tag: string) => {
    const file = script ?? join(lab.unitFolder, it.unit);
    const text = (await readFile(file, 'utf8')).replace(/(:v\d[\w.]*)(?=\s|$)/m, `:${tag}`);
    await (script === undefined ? lab.addUnit(it.unit, text) : writeFile(script, text));
  };
  const pinned: Pinned = {
    ...opened,
    app,
    it,
    github: github.url,
    configure,
    async publish(tag, what = {}) {
      const version = tag.replace(/^v(\d+).*/, '$1');
      await lab.addImage(name, version, {
        kind,
        ...(['store', 'records'].includes(what.kind ?? kind) && { args: [version] }),
        ...what,
        port,
        tag,
        keep: true,
      });
      const known = github.releases.get(`lab/${name}`) ?? [];
      github.releases.set(`lab/${name}`, [{ tag, body: 'Better.' }, ...known]);
    },
    async deploy(tag) {
      await configure(tag);
      // What was started too often is not started any more; it fails when there is nothing to forget.
      await lab.systemd('reset-failed', it.unit).catch(() => undefined);
      // One that dies at once fails here.
      await lab.systemd('restart', it.unit).catch(() => undefined);
    },
    async watch(more = {}) {
      const told: DeployReport[] = [];
      await watchDeploys(app, { ...opened.run(), ...more }, (report) => void told.push(report));
      return told;
    },
    async told() {
      for (let looks = 0; looks < 10; looks += 1) {
        const told = await pinned.watch();
        if (told.length > 0) return told;
      }
      throw new Error('Nothing was told.');
    },
    async plan(...args) {
      const plan = await updateCommand.plan?.(app, [name, ...args]);
      if (plan === undefined) throw new Error('Nothing is planned.');
      return plan;
    },
    async update(...args) {
      const plan = args[0] === 'stop' ? undefined : await pinned.plan(...args);
      const report = await updateCommand.run(app, [name, ...args], { ...opened.run(), plan });
      if (report.kind !== 'guard') throw new Error(`No guarded deploy: ${JSON.stringify(report)}`);
      return report;
    },
    async rollback(...args) {
      const plan = await rollbackCommand.plan?.(app, [name, ...args]);
      return rollbackCommand.run(app, [name, ...args], { ...opened.run(), plan });
    },
    async close() {
      await releases.close();
      await opened.close();
      await github.close();
      await it.remove();
    },
  };
  if (!repository.includes(name)) throw new Error(`The image of ${name} has another name: ${it.image}`);
  const first = await pinned.watch();
  if (first.length > 0) throw new Error(`The first look told something: ${JSON.stringify(first)}`);
  return pinned;
}

/** The unit starts a script that starts the container, as NixOS writes it. @returns the script's path */
async function startByScript(lab: Lab, { unit, folder }: Updatable): Promise<string> {
  const path = join(folder, `${unit}-start`);
  const text = await readFile(join(lab.unitFolder, unit), 'utf8');
  const command = /^ExecStart=(.*)$/m.exec(text)?.[1] ?? '';
  await writeFile(path, `#!/bin/sh\nset -e\nexec ${command.replaceAll('%t', '/run')}\n`, { mode: 0o755 });
  await lab.addUnit(unit, text.replace(/^ExecStart=.*$/m, `ExecStart=${path}`));
  await lab.systemd('restart', unit);
  return path;
}
