/** What a test does with a lab: run programs on a host, add and remove units and images, wait for what it caused. */
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run, words } from './exec.ts';
import type { LabFacts, LabHost } from './index.ts';
import { loadSmallImages, publish, type SmallImage } from './load.ts';
import { containerUnit, type ContainerUnit } from './systemd.ts';
import { until, type WaitOptions } from './wait.ts';

export type HostTools = {
  /** @returns stdout @throws Error with stderr on a non-zero exit; so for the next two */
  podman(...args: string[]): Promise<string>;
  systemd(...args: string[]): Promise<string>;
  journal(...args: string[]): Promise<string>;
  /** Writes a unit file and reloads; it is not started. @param name with its suffix: `anki-sync-server.service` */
  addUnit(name: string, text: string): Promise<void>;
  /** A container as NixOS runs it, in `podman-<container>.service`; not started. @returns the unit's name */
  addContainerUnit(container: string, image: string, options?: ContainerUnit): Promise<string>;
  /** Stops a unit, removes its file and forgets its failures. */
  removeUnit(name: string): Promise<void>;
  /** Runs the container's health check now. @returns whether it passed */
  healthcheck(container: string): Promise<boolean>;
  /** Makes a running container of a small image (http, sleep, tty) end by itself with this exit code. */
  crash(container: string, exitCode: number): Promise<void>;
  /** Makes it take memory for ever: with a limit it is killed for that. */
  exhaust(container: string): Promise<void>;
  /** Until the unit's ActiveState is the one given. */
  waitForUnit(name: string, active: string, options?: WaitOptions): Promise<void>;
  /** Until the container's State.Status (or `healthy`, `unhealthy`) is the one given. */
  waitForContainer(name: string, status: string, options?: WaitOptions): Promise<void>;
  /** Until the container's log has it. @returns the log up to then */
  waitForLog(container: string, pattern: RegExp, options?: WaitOptions): Promise<string>;
  /** Until what journalctl shows has it. @returns what it showed */
  waitForJournal(pattern: RegExp, ...args: string[]): Promise<string>;
};

export type Lab = LabFacts &
  HostTools & {
    rootless: LabFacts['rootless'] & HostTools;
    /** Runs a program inside the machine as root. @returns stdout @throws Error with stderr on a non-zero exit */
    inside(program: string, ...args: string[]): Promise<string>;
    /** The full name of one of the lab's images: web:1, web:2 (both in the registry), logger:1, sleeper:1, crasher:1, tty:1, postgres:15. */
    image(name: string, version: string): string;
    /**
     * Makes a small image, gives it to the registry and the first host's engine (the rootless one can pull it). An image of the same name and version is
     * replaced, as publishers do with a moving tag.
     * @param options.tag other than the version
     * @param options.keep only the registry gets it: an update that is there to be found
     * @returns its full name
     */
    addImage(name: string, version: string, options?: AddImage): Promise<string>;
    /**
     * Take all names of a repository from the engine, also Steward's own. Podman reads every image at each change: with a
     * hundred of them it is ten times slower.
     */
    removeImages(repository: string): Promise<void>;
  };

export type AddImage = SmallImage & { tag?: string; keep?: boolean };

export function openLab(facts: LabFacts): Lab {
  const image = (name: string, version: string) => `${facts.registry}/${name}:${version}`;
  const host = createHostTools(facts);
  return {
    ...facts,
    ...host,
    rootless: { ...facts.rootless, ...createHostTools(facts.rootless) },
    inside: (...command) => run(...words(facts.enter, ...command)),
    image,
    async addImage(name, version, options = {}) {
      const full = image(name, options.tag ?? version);
      if (!options.keep) {
        await loadSmallImages(facts, [{ ...options, name: full, version }]);
        await publish(facts, [full]);
        return full;
      }
      // Under another name, so that the one that a unit runs does not move for a moment.
      const made = `localhost/made:${randomUUID()}`;
      await loadSmallImages(facts, [{ ...options, name: made, version }]);
      await host.podman('push', '--quiet', made, full);
      await host.podman('rmi', made);
      return full;
    },
    async removeImages(repository) {
      const isIts = (name: string) => name.split('/').at(-1)?.split(/[:@]/)[0] === repository;
      for (let tries = 1; ; tries += 1) {
        const names = (await imageNames(host)).filter(isIts);
        if (names.length === 0) return;
        try {
          // A stop that comes between the making of a container and its start leaves that container behind.
          await host.podman('rmi', '--force', ...names);
          return;
        } catch (error) {
          // One that was ended with its unit has been seen to hold its image still; nothing tells when it lets go.
          if (tries === 5) throw error;
          await pause(tries * 200);
        }
      }
    },
  };
}

/** All names of all images, those by digest too. */
export async function imageNames({ podman }: Pick<HostTools, 'podman'>): Promise<string[]> {
  // Podman gives up the whole list when another test removes one of them meanwhile.
  const list = () => podman('images', '--format=json');
  const text = await list().catch(list).catch(list);
  const images = JSON.parse(text) as { Names?: string[] }[];
  // Each tag of an image is an entry that has all of its names.
  return [...new Set(images.flatMap(({ Names = [] }) => Names))];
}

function createHostTools(host: LabHost): HostTools {
  const call =
    (program: string) =>
    (...args: string[]) =>
      run(...words(program, ...args));
  const podman = call(host.podmanCommand);
  const systemd = call(host.systemctl);
  const journal = call(host.journalctl);

  const tools: HostTools = {
    podman,
    systemd,
    journal,
    async addUnit(name, text) {
      await writeFile(join(host.unitFolder, name), text);
      await systemd('daemon-reload');
    },
    async addContainerUnit(container, image, options) {
      const unit = `podman-${container}.service`;
      await tools.addUnit(unit, containerUnit(container, image, options));
      return unit;
    },
    async removeUnit(name) {
      await systemd('stop', name);
      await rm(join(host.unitFolder, name));
      await systemd('daemon-reload');
      // Fails when nothing is left to forget.
      await systemd('reset-failed', name).catch(() => undefined);
    },
    healthcheck: (container) =>
      podman('healthcheck', 'run', container).then(
        () => true,
        (error: Error) => {
          // 1 is the check's own answer; 125 means that it could not be run.
          if (error.message.includes('exit code 1\n')) return false;
          throw error;
        },
      ),
    async crash(container, exitCode) {
      await podman('exec', container, 'sh', '-c', `echo ${exitCode} > /tmp/exit`);
      await podman('kill', '--signal=USR1', container);
    },
    async exhaust(container) {
      await podman('kill', '--signal=USR2', container);
    },
    async waitForUnit(name, active, options) {
      const state = async () => (await systemd('show', '--property=ActiveState', '--value', name)).trim();
      const follow = words(host.journalctl, '--follow', '--lines=5', `--unit=${name}`);
      await until(`${name} is ${active}`, follow, state, (now) => now === active, options);
    },
    async waitForContainer(name, status, options) {
      const format = '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}';
      const state = () => podman('inspect', '--type=container', '--format', format, name).catch(() => 'gone');
      const follow = words(host.podmanCommand, 'events', '--since=1m', '--filter', `container=${name}`);
      await until(
        `${name} is ${status}`,
        follow,
        state,
        (now) => now.trim().split(' ').includes(status),
        options,
      );
    },
    waitForLog(container, pattern, options) {
      const follow = words(host.podmanCommand, 'logs', '--follow', container);
      return until(`${container} logs ${pattern}`, follow, told, (now) => pattern.test(now), options);
    },
    waitForJournal(pattern, ...args) {
      const follow = words(host.journalctl, '--follow', '--no-tail', ...args);
      return until(`the journal has ${pattern}`, follow, told, (seen) => pattern.test(seen));
    },
  };
  return tools;
}

/** For waiting on what the followed program itself prints. */
const told = (seen: string) => Promise.resolve(seen);
