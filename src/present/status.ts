/** How everything is, worst first; and one service in detail. */
import type { Block, Card } from '../card.ts';
import type { ContainerState, DiskState, LostDisk, ServiceState } from '../report/services.ts';
import type { BackupStanding } from '../report/backup-runs.ts';
import { b, join, link, rich, type Rich, type Span } from '../rich.ts';
import { isWell, worstFirst } from '../state.ts';
import type { Texts } from '../texts/index.ts';
import { stateIcon } from './icons.ts';
import type { Presented } from './index.ts';
import { shortName } from './short-name.ts';

/** Characters of what a health check has said. */
const OUTPUT_MOST = 200;

export function presentStatus(report: Presented<'status'>, texts: Texts): Card {
  const services = worstFirst(report.services);
  const troubled = services.filter((service) => !isWell(service.state));
  const well = services.filter((service) => isWell(service.state));
  // A healthy service gets a line of its own only where there is something to say of it.
  const isTelling = ({ containers: of, available, backup }: ServiceState) =>
    of.length > 1 || available !== undefined || backup !== undefined;
  const telling = well.filter(isTelling);
  const quiet = well.filter((service) => !isTelling(service));
  const checked = services
    .flatMap((service) => service.containers)
    .filter(({ kind, state }) => kind === 'container' && state !== 'unknown');

  const blocks: Block[] = [headline(services, troubled, texts)];
  for (const { name, trouble } of report.hosts) {
    if (trouble === undefined) continue;
    const silent = troubled.filter(
      ({ trouble: why }) => why?.kind === 'host-unreachable' && why.host === name,
    );
    blocks.push(texts.status.hostUnreachable(name, trouble));
    if (silent.length > 0) blocks.push(rich`🔴 ${names(silent)} – ${texts.status.unknown}`);
  }
  blocks.push(
    [],
    ...troubled
      .filter(({ trouble }) => trouble?.kind !== 'host-unreachable')
      .map((service) => troubleLine(service, report.at, texts)),
    ...telling.map((service) => tellingLine(service, report.at, texts)),
  );
  if (quiet.length > 0) blocks.push(rich`🟢 ${names(quiet)}`);
  const disks = diskLine(report.disks, texts);
  blocks.push([], ...(disks === undefined ? [] : [disks]), texts.status.foot(checked.length));
  return { blocks };
}

const names = (services: readonly ServiceState[]): Rich =>
  join(
    services.map((service) => rich`${b(service.name)}`),
    ' · ',
  );

function headline(services: readonly ServiceState[], troubled: readonly ServiceState[], texts: Texts): Rich {
  const { status } = texts;
  const [worst, ...others] = troubled;
  if (services.length === 0) return rich`⚪ ${b(status.none)}`;
  if (worst === undefined) return rich`🟢 ${b(status.allHealthy(services.length))}`;
  const more = others.length === 0 ? '' : `, ${status.more(others.length)}`;
  const healthy = services.length - troubled.length;
  return rich`${stateIcon[worst.state]} ${b(status.someHealthy(healthy, services.length))} · ${status.worst(worst.name, worst.state)}${more}`;
}

function troubleLine(service: ServiceState, now: number, texts: Texts): Rich {
  const restarts = service.containers.reduce((sum, container) => sum + container.restarts, 0);
  const facts = [
    service.trouble === undefined ? undefined : texts.trouble(service.trouble, now),
    restarts > 0 && service.trouble?.kind !== 'restarting' ? texts.status.restarts(restarts) : undefined,
  ].filter((fact) => fact !== undefined);
  return rich`${stateIcon[service.state]} ${b(service.name)} – ${facts.join(', ')}`;
}

function backupText({ provenAt, level, isOverdue }: BackupStanding, now: number, texts: Texts): string {
  const age = provenAt === undefined ? undefined : texts.about(Math.max(0, now - provenAt));
  return texts.status.backup(age, level, isOverdue);
}

function tellingLine(service: ServiceState, now: number, texts: Texts): Rich {
  const { available, backup, containers, version } = service;
  const facts = [
    containers.length > 1 ? texts.status.containers(containers.length) : undefined,
    available === undefined ? version : texts.status.available(version, available.version),
    backup && backupText(backup, now, texts),
  ].filter(Boolean);
  return rich`🟢 ${b(service.name)} – ${facts.join(', ')}`;
}

/** What is wrong comes first, so that the line is worth its icon. */
function diskLine(disks: readonly (DiskState | LostDisk)[], texts: Texts): Rich | undefined {
  if (disks.length === 0) return undefined;
  const lost = disks.filter((disk) => 'lost' in disk);
  const known = disks.flatMap((disk) => ('lost' in disk ? [] : [disk]));
  const share = (disk: DiskState) => disk.used / disk.size;
  // The free space is told once, for the fullest: that is the one to think about.
  const fullest = known.toSorted((a, z) => share(z) - share(a))[0];
  const parts = [
    ...lost.map((disk) => texts.status.lostDisk(disk.path, disk.lost)),
    ...known.map((disk) =>
      texts.status.disk(
        diskName(disk.path, texts),
        texts.percent(share(disk)),
        disk === fullest ? texts.size(disk.free) : undefined,
      ),
    ),
  ];
  return rich`${lost.length === 0 ? '💾' : '🔴'} ${parts.join(' · ')}`;
}

/** `/mnt/data` is "Data", the root has a name of its own. */
export function diskName(path: string, texts: Texts): string {
  const last = path.split('/').findLast((part) => part !== '');
  return last === undefined ? texts.status.rootDisk : last.charAt(0).toUpperCase() + last.slice(1);
}

export function presentService(report: Presented<'service'>, texts: Texts): Card {
  const { service } = report;
  const version = service.version === undefined ? '' : ` ${service.version}`;
  const verdict =
    service.trouble !== undefined
      ? texts.trouble(service.trouble, report.at)
      : service.startedAt === undefined
        ? texts.status.healthy
        : texts.status.healthyUp(texts.about(report.at - service.startedAt));
  const last = service.containers.length - 1;
  const lines = service.containers
    .map((container, index) =>
      containerLine(service, container, index === last ? service.ping : undefined, report.at, texts),
    )
    .filter((line) => line.length > 0);
  const blocks: Block[] = [
    rich`${stateIcon[service.state]} ${b(service.name)}${version} – ${verdict}`,
    ...(lines.length === 0 ? [] : [[], ...lines]),
    { quote: service.containers.flatMap((container) => details(service, container, report.at, texts)) },
  ];
  if (report.changed !== undefined) {
    const { verb, from, at } = report.changed;
    const when: Span = { time: at, fallback: texts.ago(report.at - at), format: 'relative' };
    blocks.push(texts.status.changed(verb, from, when));
  }
  if (report.waits !== undefined) {
    const { for: what, version: wanted, since } = report.waits;
    const when: Span = { time: since, fallback: texts.ago(report.at - since), format: 'relative' };
    blocks.push(texts.guard.waits(what, wanted, when));
  }
  if (service.backup !== undefined) {
    const { drilledAt, notCovered } = service.backup;
    const drilled = drilledAt === undefined ? undefined : texts.about(Math.max(0, report.at - drilledAt));
    blocks.push(texts.status.backups(backupText(service.backup, report.at, texts), drilled, notCovered));
  }
  if (report.machine !== undefined) {
    const { load, memoryUsed, memorySize, temperature } = report.machine;
    blocks.push(
      rich`🖥 ${texts.status.machine(load.toFixed(2), texts.memory(memoryUsed), texts.memory(memorySize), temperature)}`,
    );
  }
  if (service.available !== undefined) {
    const { version: newer, publishedAt } = service.available;
    const since: Span | undefined =
      publishedAt === undefined
        ? undefined
        : { time: publishedAt, fallback: texts.dateOf(publishedAt, report.at), format: 'date' };
    blocks.push(texts.status.out(newer, since));
  }
  if (service.url !== undefined) blocks.push(rich`${link(service.url, service.url)}`);
  return { blocks: blocks.filter((block) => !('quote' in block) || block.quote.length > 0) };
}

/** The headline has said how a container that is the whole service is: its line has the figures alone, if any. */
function containerLine(
  service: ServiceState,
  container: ContainerState,
  ping: number | undefined,
  now: number,
  texts: Texts,
): Rich {
  const { memory, trouble } = container;
  const isAll = service.containers.length === 1;
  // Of a host that is away one line is enough.
  const why =
    trouble?.kind === 'host-unreachable'
      ? texts.status.unknown
      : trouble === undefined
        ? undefined
        : texts.trouble(trouble, now);
  const facts = [
    isAll ? undefined : why,
    memory === undefined
      ? undefined
      : memory.limit === undefined
        ? texts.memory(memory.used)
        : texts.status.ofLimit(texts.memory(memory.used), texts.memory(memory.limit)),
    ping === undefined ? undefined : texts.status.ping(ping),
  ].filter((fact) => fact !== undefined);
  const rest = facts.join(', ');
  if (isAll) return facts.length === 0 ? [] : [rest];
  return rich`${stateIcon[container.state]} ${shortName(service.name, container.name)}${rest === '' ? '' : ` – ${rest}`}`;
}

function details(service: ServiceState, container: ContainerState, now: number, texts: Texts): Rich[] {
  const ago = (at: number | undefined) => (at === undefined ? undefined : texts.about(now - at));
  const { lastExit, trouble } = container;
  const output = trouble?.kind === 'unhealthy' ? trouble.output?.split('\n')[0] : undefined;
  const facts = [
    output === undefined ? undefined : texts.status.check(output.slice(0, OUTPUT_MOST)),
    container.startedAt === undefined ? undefined : texts.status.up(texts.about(now - container.startedAt)),
    container.restarts > 0 ? texts.status.restarts(container.restarts) : undefined,
    container.cpu === undefined ? undefined : texts.status.cpu(container.cpu),
    container.image === undefined
      ? undefined
      : texts.status.image(container.image, ago(container.imageCreated)),
    lastExit === undefined
      ? undefined
      : texts.status.lastExit(lastExit.code, lastExit.outOfMemory, ago(lastExit.at)),
    container.unit,
  ].filter((fact) => fact !== undefined);
  if (facts.length === 0) return [];
  const told = facts.join(' · ');
  return [
    service.containers.length === 1 ? [told] : rich`${b(shortName(service.name, container.name))}: ${told}`,
  ];
}
