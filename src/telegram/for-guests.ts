/**
 * A report as a guest sees it: how things are and what became of his pictures, without buttons that he may not use, and
 * without what only tells an owner something: paths of the host, images, units, errors.
 */
import type { Report } from '../report.ts';
import type { PictureState } from '../report/pictures.ts';
import type { ContainerState, ServiceState, Trouble } from '../report/services.ts';

/** @param commands the names of those that guests may ask */
export function forGuests(report: Report, commands: ReadonlySet<string>): Report {
  const actions = (report.actions ?? [])
    .map((row) => row.filter(({ command }) => commands.has(command)))
    .filter((row) => row.length > 0);
  return { ...contentFor(report, commands), actions };
}

function contentFor(report: Report, commands: ReadonlySet<string>): Report {
  switch (report.kind) {
    case 'status':
      return {
        ...report,
        hosts: report.hosts.map((host) => ({ ...host, trouble: undefined })),
        services: report.services.map(serviceFor),
        disks: [],
      };
    case 'service':
      return { ...report, service: serviceFor(report.service), machine: undefined };
    case 'help':
      return { ...report, commands: report.commands.filter(({ name }) => commands.has(name)) };
    case 'pictures':
      return { ...report, pictures: report.pictures.map(pictureFor) };
    case 'note':
      // Its cause may name anything of the host.
      return report.note.key === 'failed' ? { ...report, note: { key: 'gave-up' } } : report;
    default:
      return report;
  }
}

const serviceFor = ({ available: _available, backup: _backup, ...service }: ServiceState): ServiceState => ({
  ...service,
  trouble: troubleFor(service.trouble),
  containers: service.containers.map(containerFor),
  url: undefined,
});

const containerFor = (container: ContainerState): ContainerState => ({
  ...container,
  trouble: troubleFor(container.trouble),
  unit: undefined,
  image: undefined,
  lastExit: undefined,
});

/** That it does not work, in the nearest words that name nothing of the host. */
function troubleFor(trouble: Trouble | undefined): Trouble | undefined {
  switch (trouble?.kind) {
    case undefined:
    case 'stopped':
    case 'starting':
    case 'restarting':
    case 'exited':
    case 'gone':
      return trouble;
    case 'unhealthy':
      return { ...trouble, output: undefined };
    case 'condition':
      return { kind: 'stopped' };
    default:
      return { kind: 'unhealthy', since: undefined, output: undefined };
  }
}

/** The path is what he sent it for; what others named it, and where Immich keeps it, is not. */
const pictureFor = (picture: PictureState): PictureState => ({
  ...picture,
  names: [],
  hostPath: undefined,
  url: undefined,
  keepable: false,
  kept: false,
});
