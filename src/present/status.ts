/** How everything is, worst first; and one service in detail. */
import type { Block, Card } from '../card.ts';
import type { ContainerState, DiskState, ServiceState } from '../report.ts';
import { b, join, link, rich, type Rich, type Span } from '../rich.ts';
import { isWell, worstFirst } from '../state.ts';
import type { Texts } from '../texts/index.ts';
import { stateIcon } from './icons.ts';
import type { Presented } from './index.ts';

export function presentStatus(report: Presented<'status'>, texts: Texts): Card {
  const services = worstFirst(report.services);
  const troubled = services.filter((service) => !isWell(service.state));
  const well = services.filter((service) => isWell(service.state));
  // A healthy service gets a line of its own only where there is something to say of it.
  const isTelling = ({ containers: of, available }: ServiceState) => of.length > 1 || available !== undefined;
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
    if (silent.length > 0) blocks.push(texts.status.unknown(names(silent)));
  }
  blocks.push(
    [],
    ...troubled
      .filter(({ trouble }) => trouble?.kind !== 'host-unreachable')
      .map((service) => troubleLine(service, report.at, texts)),
    ...telling.map((service) => tellingLine(service, texts)),
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
  const more = others.length === 0 ? '' : ` ${status.more(others.length)}`;
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

function tellingLine(service: ServiceState, texts: Texts): Rich {
  const { available, containers, version } = service;
  const facts = [
    containers.length > 1 ? texts.status.containers(containers.length) : undefined,
    available === undefined ? version : texts.status.available(version, available.version),
  ].filter(Boolean);
  return rich`🟢 ${b(service.name)} – ${facts.join(', ')}`;
}

function diskLine(disks: readonly DiskState[], texts: Texts): Rich | undefined {
  if (disks.length === 0) return undefined;
  // The free space is told once, for the fullest: that is the one to think about.
  const fullest = disks.reduce((a, one) => (one.used / one.size > a.used / a.size ? one : a));
  const parts = disks.map((disk) =>
    texts.status.disk(
      diskName(disk.path, texts),
      texts.percent(disk.used / disk.size),
      disk === fullest ? texts.size(disk.free) : undefined,
    ),
  );
  return rich`💾 ${parts.join(' · ')}`;
}

/** `/mnt/data` is "Data", the root has a name of its own. */
function diskName(path: string, texts: Texts): string {
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
  const blocks: Block[] = [rich`${stateIcon[service.state]} ${b(service.name)}${version} – ${verdict}`, []];

  const lines = service.containers.map((container, index) =>
    containerLine(
      service,
      container,
      index === service.containers.length - 1 ? service.ping : undefined,
      report.at,
      texts,
    ),
  );
  blocks.push(...lines, {
    quote: service.containers.flatMap((container) => details(service, container, report.at, texts)),
  });
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
        : { time: publishedAt, fallback: texts.local(publishedAt).day, format: 'date' };
    blocks.push(texts.status.out(newer, since));
  }
  if (service.url !== undefined) blocks.push(rich`${link(service.url, service.url)}`);
  return { blocks: blocks.filter((block) => !('quote' in block) || block.quote.length > 0) };
}

/** `immich-server` of immich is "server"; a name of its own stays whole. */
const shortName = (service: ServiceState, name: string) =>
  name.startsWith(`${service.name}-`) ? name.slice(service.name.length + 1) : name;

function containerLine(
  service: ServiceState,
  container: ContainerState,
  ping: number | undefined,
  now: number,
  texts: Texts,
): Rich {
  const { memory } = container;
  const facts = [
    container.trouble === undefined ? undefined : texts.trouble(container.trouble, now),
    memory === undefined
      ? undefined
      : memory.limit === undefined
        ? texts.memory(memory.used)
        : texts.status.ofLimit(texts.memory(memory.used), texts.memory(memory.limit)),
    ping === undefined ? undefined : texts.status.ping(ping),
  ].filter((fact) => fact !== undefined);
  const rest = facts.length === 0 ? '' : ` – ${facts.join(', ')}`;
  return rich`${stateIcon[container.state]} ${shortName(service, container.name)}${rest}`;
}

function details(service: ServiceState, container: ContainerState, now: number, texts: Texts): Rich[] {
  const ago = (at: number | undefined) => (at === undefined ? undefined : texts.about(now - at));
  const { lastExit } = container;
  const facts = [
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
  return facts.length === 0 ? [] : [rich`${b(shortName(service, container.name))}: ${facts.join(' · ')}`];
}
