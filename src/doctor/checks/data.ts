/** Who can write data, and what would be left of it. */
import type { DoctorCheck } from '../check.ts';
import { containersOf, type ContainerFacts, type DataFolder, type DoctorFacts } from '../facts.ts';
import { hostId } from '../ids.ts';

export const dataChecks: readonly DoctorCheck[] = [
  {
    name: 'data-owner',
    severity: 'warning',
    needs: ['containers', 'dataFolders', 'networkMounts'],
    look: (facts) =>
      facts.dataFolders.flatMap((folder) => {
        const container = containersOf(facts).find((one) => {
          return one.host === folder.host && one.name === folder.container;
        });
        const writer = container === undefined ? undefined : writerOf(container);
        if (container === undefined || writer === undefined || canWrite(writer, folder)) return [];
        return [
          {
            subject: container.name,
            service: container.service,
            values: { path: folder.path, owner: folder.uid, user: writer.uid },
            fix: `chown ${writer.uid}:${writer.gid} ${folder.path}`,
          },
        ];
      }),
  },
  {
    name: 'network-chown',
    severity: 'warning',
    needs: ['containers', 'networkMounts'],
    look: (facts) =>
      containersOf(facts).flatMap(({ name, service, mounts }) =>
        mounts
          .filter(({ chown, source }) => chown && isOnNetwork(source, facts))
          .map(({ source, destination }) => ({
            subject: name,
            service,
            values: { path: source },
            fix: `--volume=${source}:${destination}`,
          })),
      ),
  },
  {
    name: 'backup-same-disk',
    severity: 'warning',
    needs: ['sameDisk'],
    look: ({ sameDisk, settings }) =>
      'known' in sameDisk
        ? sameDisk.known.map(({ service, path }) => ({
            subject: service,
            service,
            values: { path, folder: settings.backups?.folder ?? '' },
          }))
        : [],
  },
  {
    name: 'no-off-site',
    severity: 'warning',
    needs: [],
    look: ({ settings: { backups } }) =>
      backups === undefined || backups.hasOffsite
        ? []
        : [
            {
              subject: backups.folder,
              fix: 'offsite: { kind: restic, repository: "…", password_file: /run/secrets/restic }',
            },
          ],
  },
  {
    name: 'keys-only-here',
    severity: 'notice',
    needs: [],
    look: ({ settings }) =>
      settings.backupKeys.map((path) => ({ subject: path, fix: `ignore: ["keys-only-here ${path}"]` })),
  },
];

type Writer = { uid: number; gid: number; isRoot: boolean; ids: ContainerFacts['ids'] };

/** As the host counts. @returns undefined for a user that only the image knows by name */
function writerOf({ user, settings, ids }: ContainerFacts): Writer | undefined {
  const [name = '', group] = user === '' || user === 'root' ? ['0'] : user.split(':');
  // Many images start as root and go on as the user that these two name.
  const inside = name === '0' ? (settings.PUID ?? name) : name;
  const insideGroup = name === '0' ? (settings.PGID ?? group ?? '0') : (group ?? '0');
  if (![inside, insideGroup].every((id) => /^\d{1,10}$/.test(id))) return undefined;
  const uid = hostId(Number(inside), ids);
  const gid = hostId(Number(insideGroup), ids);
  return uid === undefined || gid === undefined ? undefined : { uid, gid, isRoot: inside === '0', ids };
}

function canWrite({ uid, gid, isRoot, ids }: Writer, folder: DataFolder): boolean {
  // Root of a user's container is root over those ids alone that are the user's.
  const isOwn = (id: number) =>
    ids === undefined || ids.some(({ outside, count }) => id >= outside && id < outside + count);
  if (isRoot && isOwn(folder.uid)) return true;
  if (folder.uid === uid) return (folder.mode & 0o200) !== 0;
  if (folder.gid === gid && (folder.mode & 0o020) !== 0) return true;
  return (folder.mode & 0o002) !== 0;
}

const isOnNetwork = (path: string, { networkMounts }: DoctorFacts): boolean =>
  'known' in networkMounts &&
  networkMounts.known.some((mount) => path === mount || path.startsWith(`${mount.replace(/\/$/, '')}/`));
