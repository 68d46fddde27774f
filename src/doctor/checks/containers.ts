/** How containers are started. */
import type { DoctorCheck } from '../check.ts';
import { containersOf, type ContainerFacts, type DoctorFacts } from '../facts.ts';
import { containerLine } from '../fixes.ts';
import { isKind } from '../known-images.ts';
import { memoryLine } from './images.ts';

const ENGINE_SOCKET = /(?:^|\/)(?:podman|docker|containerd|crio)\.sock$/;
const RENDER = /^\/dev\/dri(?:\/|$)/;
const LOOPBACK = /^(?:127\.|localhost$|\[::1\]$)/;

const about = ({ name: subject, service }: ContainerFacts) => ({ subject, service });

export const containerChecks: readonly DoctorCheck[] = [
  {
    name: 'no-memory-limit',
    severity: 'notice',
    needs: ['containers'],
    look: (facts) =>
      containersOf(facts)
        .filter(({ memoryLimit }) => memoryLimit === undefined)
        .map((container) => ({ ...about(container), fix: memoryLine(container, '1g') })),
  },
  {
    name: 'no-health-check',
    severity: 'notice',
    needs: ['containers'],
    look: (facts) =>
      containersOf(facts)
        .filter((container) => !container.hasHealthCheck && !isAsked(container, facts))
        .map((container) => about(container)),
  },
  {
    name: 'root',
    severity: 'notice',
    needs: ['containers'],
    look: (facts) =>
      containersOf(facts)
        // A user of the host stands behind any other root.
        .filter(({ user, ids }) => ids === undefined && /^(?:0|root)?(?::|$)/.test(user))
        .map((container) => about(container)),
  },
  {
    name: 'privileged',
    severity: 'warning',
    needs: ['containers'],
    look: (facts) =>
      containersOf(facts)
        .filter(({ privileged }) => privileged)
        .map(about),
  },
  {
    name: 'engine-socket',
    severity: 'warning',
    needs: ['containers'],
    look: (facts) =>
      containersOf(facts).flatMap((container) => {
        const socket = container.mounts.find(({ source }) => ENGINE_SOCKET.test(source));
        return socket === undefined ? [] : [{ ...about(container), values: { path: socket.source } }];
      }),
  },
  {
    name: 'monitor-network',
    severity: 'warning',
    needs: ['containers'],
    look: (facts) =>
      containersOf(facts)
        .filter(({ image, networkMode }) => isKind(image, 'monitor') && networkMode !== 'host')
        .filter(({ host }) => facts.services.some((one) => one.host === host && isOnLoopback(one.health.url)))
        .map((container) => ({
          ...about(container),
          values: { network: container.networkMode },
          fix: containerLine(container, { run: '--network=host', compose: 'network_mode: host' }),
        })),
  },
  {
    name: 'render-group',
    severity: 'warning',
    needs: ['containers'],
    look: (facts) =>
      containersOf(facts)
        .filter(
          (container) => container.devices.some((path) => RENDER.test(path)) && !canRender(container, facts),
        )
        .map((container) => ({
          ...about(container),
          fix:
            container.ids === undefined
              ? containerLine(container, {
                  run: `--group-add=${groupOf(facts)}`,
                  compose: `group_add: ["${groupOf(facts)}"]`,
                })
              : '--group-add=keep-groups',
        })),
  },
  {
    name: 'cannot-save',
    severity: 'critical',
    needs: ['containers', 'logs'],
    look: (facts) =>
      containersOf(facts).flatMap((container) =>
        container.cannotSave === undefined
          ? []
          : [{ ...about(container), values: { line: container.cannotSave } }],
      ),
  },
  {
    name: 'time-zone',
    severity: 'notice',
    needs: ['containers'],
    look: ({ settings, now, ...facts }) =>
      containersOf(facts).flatMap((container) => {
        // A container without a zone keeps UTC, unless it is given the host's.
        if (container.mounts.some(({ destination }) => destination === '/etc/localtime')) return [];
        const zone = container.settings.TZ ?? 'UTC';
        if (offsetOf(zone, now) === offsetOf(settings.timeZone, now)) return [];
        return [
          {
            ...about(container),
            values: { zone, host: settings.timeZone },
            fix: containerLine(container, {
              run: `--env=TZ=${settings.timeZone}`,
              compose: `environment: { TZ: ${settings.timeZone} }`,
              nix: `environment.TZ = "${settings.timeZone}"`,
            }),
          },
        ];
      }),
  },
];

/** By the URL of its service, which the last container answers. */
const isAsked = ({ name, service }: ContainerFacts, { services }: DoctorFacts): boolean =>
  services.some(
    (one) => one.name === service && one.health.url !== undefined && one.containers.at(-1)?.name === name,
  );

const isOnLoopback = (url: string | undefined): boolean =>
  url !== undefined && LOOPBACK.test(new URL(url).hostname);

/** Root of the host may open everything. */
function canRender({ user, ids, groups }: ContainerFacts, { renderGroups }: DoctorFacts): boolean {
  const isRoot = ids === undefined && /^(?:0|root)?(?::|$)/.test(user);
  const own = user.split(':')[1];
  const has = [...groups, ...(own === undefined ? [] : [own])];
  return isRoot || has.some((group) => group === 'keep-groups' || renderGroups.includes(group));
}

const groupOf = ({ renderGroups }: DoctorFacts): string =>
  renderGroups.find((group) => /^\d+$/.test(group)) ?? 'render';

/** `GMT+9`; a zone that nobody knows is UTC to the C library, too. */
function offsetOf(timeZone: string, now: number): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
      .formatToParts(now)
      .find(({ type }) => type === 'timeZoneName')?.value;
  } catch (error) {
    if (error instanceof RangeError && timeZone !== 'UTC') return offsetOf('UTC', now);
    throw error;
  }
}
