/** The whole configuration at once: variables and services file. What a start does first, and all that a check does. */
import { readConfig, type Config } from './config.ts';
import { inboxOff } from './doors.ts';
import type { Env } from './config/environment.ts';
import type { Fault } from './errors.ts';
import { nearest } from './nearest.ts';
import { createRedact } from './redact.ts';
import { readServices, type Services } from './services.ts';

export type CheckedConfig = {
  /** With faults: defaults in the place of what is wrong. Good for telling the owner, not for a start. */
  config: Config;
  /** Undefined when the services file has faults. */
  services: Services | undefined;
  faults: readonly Fault[];
};

export type SoundConfig = CheckedConfig & { services: Services };

/** Whether a start may be tried. */
export const isSound = (checked: CheckedConfig): checked is SoundConfig =>
  checked.services !== undefined && checked.faults.length === 0;

/**
 * Read everything, and report every fault of both.
 * @param options.forBot a token is needed
 * @param options.jobs the names that there are
 */
export function checkConfig(
  options: { env?: Env; forBot?: boolean; jobs?: readonly string[] } = {},
): CheckedConfig {
  const { config, faults } = readConfig(options);
  const { services, faults: serviceFaults } = readServices(config.servicesFile);
  const strange =
    services === undefined
      ? []
      : [...strangeJobs(services, options.jobs ?? []), ...withoutUser(services, config)];
  const redact = createRedact(config.secrets);
  return {
    config,
    services,
    faults: [
      ...faults,
      ...strange,
      ...serviceFaults.map((fault) => ({ ...fault, found: redact(fault.found) })),
    ],
  };
}

/** A monitor of a job that nobody knows would wait for ever. */
const strangeJobs = ({ heartbeats }: Services, jobs: readonly string[]): Fault[] =>
  Object.keys(heartbeats)
    .filter((name) => jobs.length > 0 && !jobs.includes(name))
    .map((name) => ({
      name: `heartbeats.${name}`,
      found: 'a job of this name',
      expected: 'a known one',
      nearest: nearest(name, jobs, 1)[0],
    }));

/** A token alone reaches nobody. */
const withoutUser = ({ all }: Services, { pushover }: Config): Fault[] =>
  pushover === undefined && all.some(({ pushoverToken }) => pushoverToken !== undefined)
    ? [{ name: 'PUSHOVER_USER', found: 'nothing', expected: "a user's key, because a service has a token" }]
    : [];

/** A good configuration in a few lines, without a secret in them. */
export function summarize({ config, services }: SoundConfig): string[] {
  const { telegram, immich, http } = config;
  const off = inboxOff(config);
  const onOff = (value: unknown) => (value === undefined ? 'off' : 'on');
  return [
    `Environment: completed by ${config.file ?? 'no file'}`,
    `Services: ${services.all.map(({ name }) => name).join(', ')} (${config.servicesFile})`,
    `Hosts: ${['local', ...services.hosts.map(({ name }) => name)].join(', ')}`,
    `Telegram: ${telegram.token === undefined ? 'no token' : 'token set'}, ${telegram.owners.length} owner(s), reports to ${telegram.chat ?? 'nobody yet'}`,
    `Pictures: ${config.pictures.folder}, for uid ${config.pictures.agentUser}; Immich ${immich === undefined ? 'off (no key)' : `at ${immich.url}, album "${immich.album}"`}`,
    `Inbox: ${off === undefined ? `${config.inbox.folder}, album "${config.inbox.album}"` : `off (${off} is not set)`}`,
    `State: ${config.stateDir}; time zone ${config.timeZone}; HTTP ${onOff(http)}; observing ${config.observe ? 'on: nothing is changed' : 'off'}`,
  ];
}
