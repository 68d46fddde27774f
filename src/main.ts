#!/usr/bin/env node
/** The entry: without arguments the bot, with arguments one command. */
import { join } from 'node:path';
import type { App, Command, Job } from './app.ts';
import { createAudit } from './audit.ts';
import { checkConfig, isSound, type SoundConfig } from './check-config.ts';
import { EXIT, runCommandLine, wantsSudo } from './cli.ts';
import { createEngine } from './clients/engine.ts';
import { createHeartbeat } from './clients/heartbeat.ts';
import { createHttps } from './clients/https.ts';
import { createImmich } from './clients/immich.ts';
import { createMachine } from './clients/machine.ts';
import { createNotify } from './clients/notify.ts';
import { createOffsite } from './clients/offsite.ts';
import { createProbe } from './clients/probe.ts';
import { createPushover } from './clients/pushover.ts';
import { createRegistry } from './clients/registry.ts';
import { createReleases } from './clients/releases.ts';
import { createSystemd } from './clients/systemd.ts';
import { systemClock } from './clock.ts';
import { openDoors, type Door } from './doors.ts';
import { createErrorCount } from './error-count.ts';
import { BusyError, causeOf } from './errors.ts';
import { createGuard } from './guard.ts';
import { createHosts, type Host } from './hosts.ts';
import { createJobBeats } from './job-beats.ts';
import { createLocks, type Lock, type Locks } from './locks.ts';
import { createLogger } from './logger.ts';
import { lookAtServices } from './operations/status.ts';
import { countWell } from './operations/watch/count-well.ts';
import { createMirror } from './operations/watch/mirror.ts';
import { tellUnasked } from './operations/tell-unasked.ts';
import { stopLoop } from './operations/watch/stop-loop.ts';
import { noteJobEnd } from './operations/watch/job-alerts.ts';
import { createStoreAlarm } from './operations/watch/store-alarm.ts';
import { createWatch } from './operations/watch/watch.ts';
import { watchLogs } from './operations/watch/watch-logs.ts';
import { mountsOf } from './pictures/mounts.ts';
import { present } from './present/index.ts';
import { createPulse } from './pulse.ts';
import { createRedact } from './redact.ts';
import { refuseToStart, tellConfig } from './refusal.ts';
import type { Report } from './report.ts';
import { createScheduler } from './scheduler.ts';
import { openScratchStore, openStore, type Store } from './store.ts';
import { createTasks, type Tasks } from './tasks.ts';
import { LAST_POLL } from './telegram/absence.ts';
import { toText } from './terminal.ts';
import { textsOf, type Texts } from './texts/index.ts';
import { createLookAtSelf, type LookAtSelf } from './wellness.ts';
import { ack } from '../commands/ack.ts';
import { audit as auditCommand } from '../commands/audit.ts';
import { backup } from '../commands/backup.ts';
import { backups } from '../commands/backups.ts';
import { cancel } from '../commands/cancel.ts';
import { clean } from '../commands/clean.ts';
import { check } from '../commands/check.ts';
import { doctor } from '../commands/doctor.ts';
import { drill } from '../commands/drill.ts';
import { help } from '../commands/help.ts';
import { images } from '../commands/images.ts';
import { jobs as jobsCommand } from '../commands/jobs.ts';
import { keep } from '../commands/keep.ts';
import { logs } from '../commands/logs.ts';
import { mute } from '../commands/mute.ts';
import { name as nameCommand } from '../commands/name.ts';
import { prune } from '../commands/prune.ts';
import { remind } from '../commands/remind.ts';
import { report as reportCommand } from '../commands/report.ts';
import { restart } from '../commands/restart.ts';
import { restore } from '../commands/restore.ts';
import { rollback } from '../commands/rollback.ts';
import { skip } from '../commands/skip.ts';
import { snooze } from '../commands/snooze.ts';
import { start } from '../commands/start.ts';
import { status } from '../commands/status.ts';
import { stop } from '../commands/stop.ts';
import { update } from '../commands/update.ts';
import { backUp } from '../jobs/back-up.ts';
import { backUpAgain } from '../jobs/back-up-again.ts';
import { checkAgain } from '../jobs/check-again.ts';
import { checkVersions } from '../jobs/check-versions.ts';
import { checkOffSite } from '../jobs/check-off-site.ts';
import { checkWayBack } from '../jobs/check-way-back.ts';
import { cleanAlbum } from '../jobs/clean-album.ts';
import { dailyReport } from '../jobs/daily-report.ts';
import { drill as drillJob } from '../jobs/drill.ts';
import { lookAtHost } from '../jobs/look-at-host.ts';
import { prune as pruneJob } from '../jobs/prune.ts';
import { remindReleases } from '../jobs/remind-releases.ts';
import { sample } from '../jobs/sample.ts';
import { sendOffSite } from '../jobs/send-off-site.ts';
import { smokeTest } from '../jobs/smoke-test.ts';
import { takeUpBackups } from '../jobs/take-up-backups.ts';
import { takeUpUpdates } from '../jobs/take-up-updates.ts';
import { tellAlerts } from '../jobs/tell-alerts.ts';
import { tellReleases } from '../jobs/tell-releases.ts';
import { tidy } from '../jobs/tidy.ts';
import { updateServices } from '../jobs/update-services.ts';
import { watchDeploys } from '../jobs/watch-deploys.ts';

const commands: readonly Command[] = [
  status,
  logs,
  check,
  update,
  rollback,
  restore,
  backup,
  drill,
  backups,
  doctor,
  images,
  restart,
  stop,
  start,
  cancel,
  clean,
  prune,
  keep,
  nameCommand,
  skip,
  remind,
  snooze,
  ack,
  mute,
  jobsCommand,
  reportCommand,
  auditCommand,
  help,
];
const jobs: readonly Job[] = [
  checkVersions,
  checkAgain,
  tellReleases,
  remindReleases,
  updateServices,
  takeUpUpdates,
  takeUpBackups,
  backUp,
  backUpAgain,
  drillJob,
  sendOffSite,
  checkOffSite,
  checkWayBack,
  watchDeploys,
  lookAtHost,
  smokeTest,
  cleanAlbum,
  sample,
  dailyReport,
  tellAlerts,
  pruneJob,
  tidy,
];

for (const stream of [process.stdout, process.stderr]) stream.on('error', outliveReader);
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const isBot = argv.length === 0;
  const checked = checkConfig({ forBot: isBot, jobs: jobs.map(({ name }) => name) });
  if (argv[0] === 'check-config') return tellConfig(checked);
  if (!isSound(checked)) return refuseToStart(checked, isBot);

  const house = build(checked, argv);
  if (house === undefined) return EXIT.failed;
  const signal = untilSignal('SIGTERM', 'SIGINT');
  try {
    return isBot ? await runBot(house, signal) : await runOnce(house, argv, signal);
  } finally {
    await house.app.scheduler.stop();
    await house.tasks.drain(0);
    await Promise.all([
      ...house.app.hosts.all.map(({ engine }) => engine.close()),
      house.app.registry.close(),
      house.app.releases.close(),
    ]);
    await house.app.immich?.close();
    house.app.store.close();
  }
}

/** Who reads along, `head` for one, may leave before the end: the work goes on, and nobody is there to tell. */
function outliveReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

type House = { app: App; tasks: Tasks; texts: Texts; tell: (report: Report) => void };
/** Everything that a command may reach. @returns undefined, with the reason said, when the store cannot be opened */
function build({ config, services }: SoundConfig, [asked]: readonly string[]): House | undefined {
  const isBot = asked === undefined;
  const redact = createRedact([...config.secrets, ...services.secrets]);
  const clock = systemClock;
  const looksAnyway = commands.some((command) => command.name === asked && command.needsStore === false);
  const store = tryToOpen(config.stateDir) ?? (looksAnyway ? openScratchStore(clock) : undefined);
  if (store === undefined) return undefined;
  const log = isBot
    ? createLogger({ level: config.logLevel, redact, onError: createErrorCount({ store, clock }) })
    : createLogger({ level: 'error', redact });
  const locks = createLocks(join(config.stateDir, 'locks'));
  const audit = createAudit({ table: store.audit, redact, clock });
  const tasks = createTasks({ runs: store.runs, locks, clock, log, audit });

  const host = (
    name: string,
    engine: string,
    systemctl: readonly string[],
    journalctl: readonly string[],
  ): Host => ({
    name,
    engine: createEngine(engine),
    systemd: createSystemd(systemctl, journalctl),
  });
  const { systemctl, journalctl } = config.systemd;
  const hosts = createHosts([
    host('local', config.engine.socket, systemctl, journalctl),
    ...services.hosts.map((one) => host(one.name, one.engine, one.systemctl, one.journalctl)),
  ]);

  const texts = textsOf(config.language, config.timeZone);
  const heartbeat = createHeartbeat();
  const { heartbeats } = services;
  const beatJob = createJobBeats({ heartbeats, heartbeat, texts, redact, log });
  const tell = (report: Report) => tellUnasked({ config, store, clock, log }, report);

  const app: App = {
    config,
    services,
    hosts,
    store,
    locks,
    guard: createGuard(config.observe, log),
    probe: createProbe(),
    https: createHttps(),
    machine: createMachine({ journalctl: config.systemd.journalctl }),
    registry: createRegistry(config.registries, { clock }),
    releases: createReleases({ ...config.github, facts: store.facts, clock }),
    immich: config.immich === undefined ? undefined : createImmich(config.immich.url, config.immich.key),
    offsite:
      services.backups?.offsite === undefined
        ? undefined
        : createOffsite(services.backups.offsite, { cache: config.stateDir }),
    heartbeat,
    redact,
    audit,
    scheduler: createScheduler({
      tasks,
      timeZone: config.timeZone,
      tell,
      isReady: () => isReady(app),
      ended(run, end) {
        noteJobEnd(app, run, end);
        void beatJob(run.job, run.subject, end);
      },
    }),
    clock,
    log,
    commands,
    jobs,
  };
  return { app, tasks, texts, tell };
}

/** Whether nothing is still coming up: what was missed while the host was off waits for that. */
async function isReady(app: App): Promise<boolean> {
  const { services } = await lookAtServices(app, app.services.all);
  return services.every(({ state }) => state !== 'working');
}

async function runOnce(
  { app, tasks, texts }: House,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const terminal = { input: process.stdin, output: process.stdout, errors: process.stderr };
  const { user } = app.config;
  return runCommandLine({ app, tasks, texts, terminal, user, signal }, argv);
}

async function runBot({ app, tasks, texts, tell }: House, signal: AbortSignal): Promise<number> {
  const { config, store, clock, log, locks, hosts } = app;
  const lock = takeBotLock(locks);
  if (lock === undefined) return EXIT.busy;
  // grammY and sharp are dear to load, and the command line needs neither.
  const [{ createBot }, { createDownload }, { createBridge }] = await Promise.all([
    import('./telegram/bot.ts'),
    import('./telegram/download.ts'),
    import('./operations/bridge-image.ts'),
  ]);
  const { immich, telegram } = config;
  const { token = '', apiRoot } = telegram;
  const mounts = () => mountsOf('immich-server', hosts.all);
  const bridge = createBridge({
    store,
    clock,
    log,
    config: {
      ...config.pictures,
      album: immich?.album ?? '',
      shareWith: immich?.shareWith,
      paths: immich?.paths,
      service: app.services.get('immich')?.name,
      webUrl: app.services.get('immich')?.url,
    },
    immich: app.immich,
    mounts,
    tell,
    download: createDownload({ token, apiRoot }),
  });
  const bot = createBot({ app, token, tasks, texts, present: (report) => present(report, texts), bridge });
  const lookAtSelf = createLookAtSelf({
    facts: store.facts,
    clock,
    lastPoll: () => store.facts.get<number>(LAST_POLL),
  });
  const doors = await openDoors(app, { bridge, mounts, lookAtSelf, texts });
  const pulse = pulseOf(app, lookAtSelf, texts);
  const mirror = mirrorOf(app, { lookAtSelf, texts, tell });
  const storeAlarm = createStoreAlarm({ ...app, lookAtSelf, sendDirectly: bot.sendDirectly, tell });
  const watch = createWatch(app, {
    stopLoop: (service, loop) =>
      tasks.start(
        { kind: 'job', name: 'stop-loop', subject: service.name, by: 'schedule', audit: 'act' },
        (run) => stopLoop(app, { service, loop }, run),
      ),
  });
  const running = [
    ...[bot, bridge, watch, ...doors, pulse, ...mirror, storeAlarm].map((one) => one.run(signal)),
    watchLogs(app, signal),
  ];
  // What a kill has cut off has its locks again by now, so that no job takes it for left alone.
  app.scheduler.start(app);
  await Promise.all(running);
  lock.release();
  return EXIT.done;
}

function pulseOf(app: App, look: LookAtSelf, texts: Texts): Door {
  const { config, heartbeat, redact, log } = app;
  const { heartbeatUrl: url, systemdNotify } = config;
  const notify = systemdNotify === undefined ? undefined : createNotify();
  const services = () => countWell(app);
  const watchdog = systemdNotify?.watchdog;
  return createPulse({ look, services, heartbeat, url, notify, watchdog, texts, redact, log });
}

/** None without a key. */
function mirrorOf(
  app: App,
  { texts, ...needs }: { lookAtSelf: LookAtSelf; texts: Texts; tell: House['tell'] },
): Door[] {
  const { pushover } = app.config;
  if (pushover === undefined) return [];
  const words = (report: Report) => toText(present(report, texts), false).split('\n');
  return [createMirror(app, { pushover: createPushover(pushover.user), words, ...needs })];
}

function tryToOpen(folder: string): Store | undefined {
  try {
    return openStore(folder, systemClock);
  } catch (error) {
    const why = causeOf(error);
    process.stderr.write(
      `Cannot open the store in "${folder}": ${why}.${wantsSudo(error) ? ' Use sudo.' : ''}\n`,
    );
    return undefined;
  }
}

/** One bot for one store: two would answer everything twice. */
function takeBotLock(locks: Locks): Lock | undefined {
  try {
    return locks.take('bot', { what: 'bot', by: `process ${process.pid}` });
  } catch (error) {
    if (!(error instanceof BusyError)) throw error;
    process.stderr.write(`Another bot runs with this store already (${error.holder?.by ?? 'unknown'}).\n`);
    return undefined;
  }
}

/** Aborted by the first of these signals; a second one ends the process at once, as ever. */
function untilSignal(...names: NodeJS.Signals[]): AbortSignal {
  const controller = new AbortController();
  for (const name of names) process.once(name, () => controller.abort(new Error(`stopped by ${name}`)));
  return controller.signal;
}
