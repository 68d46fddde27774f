/** The engine, its users and what else works on the host. */
import type { Service } from '../../services.ts';
import type { DoctorCheck } from '../check.ts';
import { afterLine, offLine } from '../fixes.ts';
import { timersOf, unitsOf, type DoctorFacts, type HostFacts, type RootlessFacts } from '../facts.ts';

/** `podman system prune -af`, also in a script. */
const PRUNES_ALL = /\b(?:podman|docker)\b[^\n;&|]*\bsystem\s+prune\b[^\n;&|]*\s(?:--all\b|-[a-z]*a[a-z]*\b)/;

export const hostChecks: readonly DoctorCheck[] = [
  {
    name: 'no-lingering',
    severity: 'warning',
    needs: [],
    look: ({ hosts }) =>
      rootlessOf(hosts)
        .filter(({ lingers }) => !lingers)
        .map(({ host, user }) => ({
          subject: host,
          values: { user },
          fix: `loginctl enable-linger ${user}`,
        })),
  },
  {
    name: 'no-newuidmap',
    severity: 'warning',
    needs: [],
    look: ({ hosts }) =>
      rootlessOf(hosts)
        .filter(({ hasNewuidmap }) => !hasNewuidmap)
        .map(({ host, user }) => ({ subject: host, values: { user } })),
  },
  {
    name: 'late-runtime-folder',
    severity: 'warning',
    needs: ['units'],
    look: (facts) =>
      rootlessOf(facts.hosts).flatMap(({ uid, host }) =>
        unitsOf(facts)
          // A user's own manager makes the folder before it starts anything.
          .filter((unit) => unit.exists && unit.host !== host && usesFolder(unit, uid))
          .filter(
            ({ after }) =>
              ![`user@${uid}.service`, `user-runtime-dir@${uid}.service`].some((one) => after.includes(one)),
          )
          .map((unit) => ({
            subject: unit.name,
            service: unit.service,
            values: { folder: `/run/user/${uid}` },
            fix: afterLine(unit, `user@${uid}.service`),
          })),
      ),
  },
  {
    name: 'engine-backend',
    severity: 'warning',
    needs: ['engine'],
    look: ({ hosts }) =>
      hosts.flatMap(({ name, socket, engine }) => {
        const declared = /docker[^/]*\.sock$/.test(socket)
          ? 'Docker'
          : /podman/.test(socket)
            ? 'Podman'
            : undefined;
        if (declared === undefined || !('known' in engine) || engine.known.name === declared) return [];
        return [
          {
            subject: name,
            values: { socket, declared, found: `${engine.known.name} ${engine.known.version}` },
          },
        ];
      }),
  },
  {
    name: 'old-timer',
    severity: 'warning',
    needs: ['timers'],
    look: (facts) =>
      timersOf(facts).flatMap((timer) => {
        const { name } = timer;
        const job = replacedBy(name, facts);
        if (job === undefined) return [];
        const severity = facts.settings.observe ? 'notice' : job === 'clean-album' ? 'critical' : 'warning';
        return [
          {
            subject: name,
            severity,
            values: { job },
            fix: offLine(timer),
          } as const,
        ];
      }),
  },
  {
    name: 'prune-timer',
    severity: 'warning',
    needs: ['timers'],
    look: (facts) =>
      timersOf(facts)
        .filter(({ commands }) => PRUNES_ALL.test(commands))
        .map(({ name }) => ({ subject: name })),
  },
];

const rootlessOf = (hosts: readonly HostFacts[]): (RootlessFacts & { host: string })[] =>
  hosts.flatMap(({ name, rootless }) => (rootless === undefined ? [] : [{ ...rootless, host: name }]));

/** Steward itself asks every engine that it is to serve. */
const usesFolder = ({ name, commands }: { name: string; commands: string }, uid: number): boolean =>
  name === 'steward.service' || new RegExp(`/run/user/${uid}\\b`).test(commands);

/** @returns the job that does what a timer of before did */
function replacedBy(timer: string, { services, settings }: DoctorFacts): string | undefined {
  const [, stem = '', what] = /^(.+)-(cleanup|version-check|backup)\.timer$/.exec(timer) ?? [];
  const service = services.find((one) => isAbout(stem, one));
  switch (what) {
    case 'cleanup':
      return stem === 'immich' && settings.cleansAlbum ? 'clean-album' : undefined;
    case 'version-check':
      return service?.release?.check === undefined ? undefined : 'check-versions';
    case 'backup':
      return service?.backup?.at === undefined ? undefined : 'back-up';
    default:
      return undefined;
  }
}

const isAbout = (stem: string, { name, containers }: Service): boolean =>
  [name, ...containers.map((one) => one.name)].some(
    (one) => one === stem || one.startsWith(`${stem}-`) || stem.startsWith(`${one}-`),
  );
