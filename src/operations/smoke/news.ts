/** What happened to the hosts since the last look: a start of the machine, another version of an engine. */
import type { App } from '../../app.ts';
import { causeOf } from '../../errors.ts';
import type { Boot } from '../../clients/machine/boot.ts';
import type { HostNews } from '../../report/host-findings.ts';

/** Facts: the last start that was seen, and the version of each engine. */
const BOOT = 'host:boot';
const engineKey = (host: string): string => `host:engine:${host}`;

/** @returns undefined where nothing happened; what is seen for the first time is no news */
export async function hostNews(
  app: Pick<App, 'hosts' | 'machine' | 'store' | 'clock' | 'log'>,
  { signal }: { signal: AbortSignal },
): Promise<HostNews | undefined> {
  const { facts } = app.store;
  const boot = await app.machine.boot();
  const before = facts.get<Boot>(BOOT);
  if (boot !== undefined && boot.id !== before?.id) facts.put(BOOT, boot);
  const rebootedAt = before !== undefined && boot?.id !== before.id ? boot?.at : undefined;

  const engines: HostNews['engines'][number][] = [];
  for (const { name, engine } of app.hosts.all) {
    try {
      const { name: program, version } = await engine.version({ signal });
      const now = `${program} ${version}`;
      const was = facts.get<string>(engineKey(name));
      if (was !== now) facts.put(engineKey(name), now);
      if (was !== undefined && was !== now) engines.push({ host: name, was, now });
    } catch (error) {
      signal.throwIfAborted();
      // One that does not answer is told by the watch.
      app.log.debug({ host: name, cause: causeOf(error) }, 'an engine does not tell its version');
    }
  }
  if (rebootedAt === undefined && engines.length === 0) return undefined;
  return { kind: 'host-news', rebootedAt, engines, at: app.clock.now() };
}
