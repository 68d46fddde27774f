/** All that Steward says, in English. Another language is a file of the same type beside it. */
import type { Level } from '../backup/proof.ts';
import type { ActionLabel } from '../report/actions.ts';
import type { LostDisk, State, Trouble } from '../report/services.ts';
import type { Verb, WorkVerb } from '../report/work.ts';
import { b, code, i, rich, type Span } from '../rich.ts';
import { formatSize } from '../units.ts';
import { audit } from './en-audit.ts';
import { alertActions, alertCommands, alerts } from './en-alerts.ts';
import { backupRuns } from './en-backup-runs.ts';
import { backups } from './en-backups.ts';
import { doctor } from './en-doctor.ts';
import { checks } from './en-checks.ts';
import { guard } from './en-guard.ts';
import { http } from './en-http.ts';
import { inbox } from './en-inbox.ts';
import { cleaning, images, pictures, them, unseen, type Unseen } from './en-pictures.ts';
import { prune } from './en-prune.ts';
import { overview } from './en-overview.ts';
import { pulse } from './en-pulse.ts';
import { releases } from './en-releases.ts';
import { restore } from './en-restore.ts';
import { terminal } from './en-terminal.ts';
import { updates } from './en-updates.ts';
import { about, ago, allOf, duration, hostNamed, plural } from './en-words.ts';
import { watchFacts } from './en-watch-facts.ts';

const verbs: Record<Verb, { title: string; past: string; noun: string }> = {
  restart: { title: 'Restart', past: 'restarted', noun: 'restart' },
  stop: { title: 'Stop', past: 'stopped', noun: 'stop' },
  start: { title: 'Start', past: 'started', noun: 'start' },
};

const working: Record<WorkVerb, { now: string; noun: string }> = {
  restart: { now: 'Restarting', noun: 'Restart' },
  stop: { now: 'Stopping', noun: 'Stop' },
  start: { now: 'Starting', noun: 'Start' },
  update: { now: 'Updating', noun: 'Update' },
  rollback: { now: 'Rolling back', noun: 'Rollback' },
  guard: { now: 'Preparing a deploy of', noun: 'Preparation' },
  restore: { now: 'Restoring', noun: 'Restore' },
  backup: { now: 'Backing up', noun: 'Backup' },
  drill: { now: 'Drilling a backup of', noun: 'Drill' },
};

/** No service is called `all`. */
const everything = (service: string): string => (service === 'all' ? 'all services' : service);

/** 128 + signal, as shells and engines count. */
const SIGNALS: Readonly<Record<number, string>> = {
  130: 'interrupted',
  134: 'aborted',
  137: 'killed',
  139: 'segmentation fault',
  143: 'terminated',
};
const exit = (status: number, outOfMemory: boolean) => {
  const meaning = outOfMemory ? 'out of memory' : SIGNALS[status];
  return meaning === undefined ? String(status) : `${status}: ${meaning}`;
};

const results: Readonly<Record<string, string>> = {
  'exit-code': 'the program ended with an error',
  signal: 'the program was killed',
  'core-dump': 'the program crashed',
  'oom-kill': 'killed for memory',
  timeout: 'it took too long',
  watchdog: 'it stopped answering its watchdog',
  'start-limit-hit': 'it failed too often in a row; systemd has given up on it',
  resources: 'systemd could not set it up',
};

const trouble = (what: Trouble, now: number): string => {
  switch (what.kind) {
    case 'gone':
      return 'its container is gone';
    case 'renamed':
      return `its container runs under another name: ${what.to}`;
    case 'no-unit':
      return `the unit ${what.unit} does not exist`;
    case 'masked':
      return `${what.runs ? 'it runs, but ' : ''}${what.unit} is masked: nothing can start it${what.runs ? ' again' : ''}`;
    case 'stopped':
      return 'stopped';
    case 'exited':
      return `exited with ${exit(what.code, what.outOfMemory)}${what.at === undefined ? '' : `, ${about(now - what.at)} ago`}`;
    case 'unit-failed':
      return `the unit failed: ${results[what.result] ?? what.result}${what.restarts === undefined ? '' : `; systemd gave up after ${plural(what.restarts, 'restart')}`}`;
    case 'stopped-loop':
      return `stopped, because it was killed for memory ${plural(what.kills, 'time')} in 10 min${what.limit === undefined ? '' : ` (limit ${formatSize(what.limit, 1024)})`}`;
    case 'held-back':
      return `not started, since ${what.by} failed, which it needs; systemd does not try again`;
    case 'condition':
      if (what.condition === undefined) return 'not started, a condition of the unit does not hold';
      return what.condition.startsWith('ConditionPathExists=')
        ? `not started, a file is missing: ${what.condition.slice('ConditionPathExists='.length)}`
        : `not started, a condition of the unit does not hold: ${what.condition}`;
    case 'unhealthy':
      return what.since === undefined
        ? 'health check failing'
        : `health check failing for ${about(now - what.since)}`;
    case 'starting':
      return 'starting';
    case 'restarting':
      return `restarting again and again, ${plural(what.restarts, 'restart')}`;
    case 'no-answer':
      return `runs, but ${what.url} does not answer: ${what.cause}`;
    case 'job-failed':
      return what.cause;
    case 'host-unreachable':
      return `${hostNamed(what.host)} cannot be asked: ${what.cause}`;
    case 'silent':
      return `cannot be looked at: ${what.cause}`;
  }
};

/** "archivebox is unhealthy" */
const stands = (name: string, state: State): string =>
  ({
    ok: `${name} is fine`,
    degraded: `${name} is unhealthy`,
    down: `${name} is down`,
    stopped: `${name} is stopped`,
    working: `${name} is starting`,
    unknown: `${name} cannot be asked`,
  })[state];

export const en = {
  duration,
  about,
  ago,
  /** @param day `2026-11-20`, as `today` */
  date: (day: string, _today: string): string => day,
  /** A sentence that comes from elsewhere, in English: a cause, a warning. */
  told: (sentence: string): string => sentence,
  size: (amount: number) => formatSize(amount),
  memory: (amount: number) => formatSize(amount, 1024),
  percent: (share: number) => `${Math.round(share * 100)} %`,
  trouble,

  actions: {
    status: () => 'Status',
    service: (name) => `${name ?? ''} ▸`,
    pick: (name) => name ?? '',
    logs: (name) => (name === undefined ? 'Logs' : `Logs: ${name}`),
    'its-logs': () => 'Its logs',
    errors: () => 'Errors',
    'last-hour': () => '1 h',
    'as-file': () => 'As file',
    refresh: () => 'Refresh',
    restart: (name) => (name === undefined ? 'Restart' : `Restart ${name}`),
    start: (name) => (name === undefined ? 'Start' : `Start ${name}`),
    stop: (name) => (name === undefined ? 'Stop' : `Stop ${name}`),
    'run-now': (name) => (name === undefined ? 'Run now' : `Run ${name}`),
    pause: (name) => (name === undefined ? 'Pause' : `Pause ${name}`),
    resume: (name) => (name === undefined ? 'Resume' : `Resume ${name}`),
    'show-plan': () => 'Show the plan again',
    'take-out': (count) => `Take ${count ?? ''} out of the album…`,
    updates: (count) => `Updates · ${count ?? ''}`,
    check: (name) => (name === undefined ? 'Check now' : `Check ${name}`),
    skip: (version) => `Skip ${version ?? ''}`,
    unskip: () => 'Offer it again',
    'remind-saturday': () => 'Remind Sat',
    'remind-tomorrow': () => 'Tomorrow',
    'remind-week': () => 'In a week',
    update: (name) => (name === undefined ? 'Update…' : `Update ${name}…`),
    'update-all': () => 'Update all…',
    'try-again': () => 'Try again…',
    'roll-back': () => 'Roll back…',
    'roll-back-now': () => 'Roll back now!',
    'try-roll-back': () => 'Try rollback again',
    'try-way-back': () => 'Try the way back again',
    'undo-restore': () => 'Undo…',
    cancel: () => 'Cancel',
    'wait-more': () => 'Wait 10 min more',
    'back-up': () => 'Back up now',
    'all-backups': () => 'All backups',
    drill: (name) => name ?? 'Drill',
    restore: () => 'Restore…',
    accept: () => 'That is right',
    'stop-waiting': () => 'Stop waiting',
    details: () => 'Details',
    help: () => 'Help',
    ...alertActions,
  } satisfies Record<ActionLabel, (subject?: string) => string> as Record<
    ActionLabel,
    (subject?: string) => string
  >,
  buttons: {
    confirm: (verb: Verb) => verbs[verb].title,
    cancel: 'Cancel',
    copyPath: 'Copy path',
    copyAll: 'Copy all',
    copyPieces: (count: number) => `Copy ${count} pieces`,
    copyId: 'Copy my id',
    copyCommand: 'Copy command',
    copyPrompt: 'Copy as a prompt',
    copy: 'Copy',
    open: 'Open',
    releaseNotes: 'Release notes',
    keep: 'Keep',
    letGo: 'Let it go',
    statusOf: (service: string) => `${service} status`,
  },

  start: {
    connected: (host: string) => rich`👋 ${b(`Connected to ${host}.`)}`,
    counts: (healthy: number, all: number) =>
      healthy === all
        ? `${plural(all, 'service')}, all healthy.`
        : `${plural(all, 'service')}, ${healthy} healthy.`,
    look: (icon: string, name: string) => rich`${icon} ${name} needs a look.`,
    intro: rich`Send a picture: I file it in Immich and reply with its path.\nEverything else: /help`,
  },
  help: {
    title: rich`${b('Steward')} looks after this server.`,
    purposes: { look: 'Look', act: 'Act', schedule: 'Schedule', about: 'About' },
    pictures: rich`${b('Pictures')}\nSend a photo, or a file for small text: it is filed and its path comes back.`,
    naming: rich`A word in reply is its name.`,
    names: rich`${i('A service may be named by any part: /logs arch')}`,
    commandLine: 'On the command line: steward <command> [arguments] [--json] [--yes] [--dry-run]',
  },
  commands: {
    start: 'Greeting, or start a service',
    help: 'What I can do',
    status: 'How everything is',
    logs: 'The last lines of a log',
    restart: 'Restart a service',
    stop: 'Stop a service',
    cancel: 'End a running update',
    jobs: 'What is scheduled',
    backup: 'Back up a service, proven',
    drill: 'Restore a backup into a scratch place',
    check: 'Look for releases and newer images',
    update: 'Update a service, with a way back',
    rollback: 'Go back to the version before',
    restore: 'Put the data of a backup back',
    skip: 'Do not offer a version again',
    remind: 'Offer a version again later',
    backups: 'What is backed up, and how far it is proven',
    doctor: 'What is set up in a way that makes trouble',
    images: 'The last pictures, with their paths',
    clean: 'Empty the album of what I put there',
    keep: 'Keep a picture from being cleaned',
    name: 'Give a picture a name',
    audit: 'Who asked for what, and what became of it',
    report: 'How things are, and what happened since the last report',
    ...alertCommands,
    prune: 'Remove images that nothing uses',
  } as Record<string, string>,

  status: {
    allHealthy: (count: number) => `${allOf(count)} healthy`,
    someHealthy: (healthy: number, count: number) => `${healthy} of ${count} healthy`,
    none: 'No services are configured',
    worst: stands,
    more: (count: number) => `${count} more`,
    containers: (count: number) => plural(count, 'container'),
    restarts: (count: number) => plural(count, 'restart'),
    backup: (age: string | undefined, level: Level, isOverdue: boolean) =>
      age === undefined
        ? 'no proven backup yet'
        : `backup ${age} ago${isOverdue ? ' (overdue)' : ''}, ${backupRuns.levels[level].toLowerCase()}`,
    backups: (standing: string, drilled: string | undefined, notCovered: string | undefined) =>
      rich`🗄 ${standing.charAt(0).toUpperCase()}${standing.slice(1)}${drilled === undefined ? '' : `; drilled ${drilled} ago`}${notCovered === undefined ? '' : rich` · ${b(`not in it: ${notCovered}`)}`}`,
    rootDisk: 'System',
    disk: (name: string, share: string, free?: string) =>
      free === undefined ? `${name} ${share}` : `${name} ${share} (${free} free)`,
    lostDisk: (name: string, why: LostDisk['lost']) =>
      ({
        silent: `${name} does not answer`,
        gone: `${name} is not there`,
        'not-mounted': `${name} is not mounted`,
      })[why],
    foot: (containers: number) => rich`${i(`${plural(containers, 'container')}, checked just now`)}`,
    hostUnreachable: (name: string, cause: string) =>
      rich`🔴 ${b(hostNamed(name))} cannot be asked: ${cause}`,
    unknown: 'unknown',
    check: (output: string) => `health check: ${output}`,
    healthyUp: (uptime: string) => `healthy, up ${uptime}`,
    healthy: 'healthy',
    up: (uptime: string) => `up ${uptime}`,
    ofLimit: (used: string, limit: string) => `${used} of ${limit}`,
    available: (from: string | undefined, to: string | undefined) =>
      to === undefined
        ? `${from === undefined ? '' : `${from}, `}newer image available`
        : `${from === undefined ? '' : `${from} → `}${to} available`,
    out: (version: string | undefined, since: Span | undefined) =>
      rich`⬆️ ${version === undefined ? 'A newer image' : version} is out${since === undefined ? '' : rich` since ${since}`}`,
    changed: (verb: 'update' | 'rollback', from: string | undefined, when: Span) =>
      rich`${verb === 'update' ? '✅ Updated' : '↩️ Rolled back'} ${when}${from === undefined ? '' : `, from ${from}`}`,
    ping: (ms: number) => `ping ${Math.round(ms)} ms`,
    cpu: (percent: number) => `CPU ${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`,
    image: (image: string, age: string | undefined) => (age === undefined ? image : `${image}, ${age} old`),
    lastExit: (status: number, outOfMemory: boolean, age: string | undefined) =>
      `last exit ${exit(status, outOfMemory)}${age === undefined ? '' : `, ${age} ago`}`,
    machine: (load: string, used: string, size: string, temperature: number | undefined) =>
      `Host: load ${load}, memory ${used} of ${size}${temperature === undefined ? '' : `, ${Math.round(temperature)} °C`}`,
  },

  logs: {
    none: (subject: string, filter: string | undefined) =>
      filter === undefined
        ? rich`📄 ${b(subject)} – nothing logged`
        : filter === 'errors'
          ? rich`📄 ${b(subject)} – no errors in its last lines`
          : rich`📄 ${b(subject)} – no line with ${b(filter)}`,
    head: (subject: string, lines: number, span: string | undefined) =>
      rich`📄 ${b(subject)} – ${plural(lines, 'line')}${span === undefined ? '' : `, last ${span}`}`,
    counts: (errors: number, warnings: number) =>
      [errors > 0 ? `❌ ${errors}` : '', warnings > 0 ? `⚠️ ${warnings}` : ''].filter(Boolean).join(' '),
    omitted: (count: number) =>
      rich`${i(`${plural(count, 'earlier line')} left out; as a file you get more.`)}`,
    fileName: (subject: string, day: string) => `${subject}-${day}.log`,
  },

  plan: {
    question: (verb: Verb, title: string) => `${verbs[verb].title} ${title}?`,
    icon: { restart: '🔁', stop: '⏹', start: '▶️' } satisfies Record<Verb, string> as Record<Verb, string>,
    containers: (containers: number, units: number) =>
      containers > 0 ? plural(containers, 'container') : plural(units, 'unit'),
    away: (ms: number) => `about ${about(ms)} away`,
    nothingDepends: 'Nothing else depends on it.',
    depends: (names: string) => `Goes down with it: ${names}.`,
    order: (names: string) => `In this order: ${names}.`,
    stopNote: 'A boot or a deploy starts it again.',
  },
  steps: {
    before: 'Before',
    backup: 'Backup',
    'copy-databases': 'Database snapshot',
    'copy-files': 'Files',
    prove: 'Prove',
    restore: 'Restore into a scratch place',
    download: 'Download',
    unpack: 'Load old image',
    stop: 'Stop',
    snapshot: 'Snapshot at rest',
    switch: 'Change image',
    start: 'Start',
    health: 'Health',
    after: 'After',
    archive: 'Keep old image',
    'back-stop': 'Back: stop',
    'back-data': 'Back: data',
    'back-images': 'Back: image',
    'back-start': 'Back: start',
    'back-health': 'Back: health',
    tidy: 'Tidy up',
    server: 'Database server',
    verify: 'Read the backup',
    ready: 'Make its data ready',
    place: 'Change places',
  } as Record<string, string>,
  work: {
    head: (verb: WorkVerb, service: string, to: string | undefined, took: string) =>
      rich`🔵 ${b(`${working[verb].now} ${everything(service)}`)}${to === undefined ? '' : ` to ${to}`} · ${took}`,
    ended: (verb: WorkVerb, service: string, to: string | undefined, took: string) =>
      rich`🏁 ${b(`${working[verb].noun} of ${everything(service)}`)}${to === undefined ? '' : ` to ${to}`} · ${took}`,
  },
  outcome: {
    done: (verb: Verb, service: string, took: string) =>
      verb === 'stop'
        ? rich`✅ ${b(`${service} stopped`)} – after ${took}. A boot or a deploy starts it again.`
        : rich`✅ ${b(`${service} ${verbs[verb].past}`)} – healthy after ${took}`,
    failed: (verb: Verb, service: string, now: State | undefined) =>
      rich`❌ ${b(`${service}: ${verbs[verb].noun} failed`)}${now === undefined ? '' : `; ${stands('it', now)} now`}`,
    why: (why: string) => rich`Why: ${why.replace(/\.$/, '')}.`,
    observed: (verb: Verb, service: string) =>
      rich`👁 ${b(`Would have ${verbs[verb].past} ${service}.`)} Steward only observes (STEWARD_OBSERVE); nothing was changed.`,
  },

  jobs: {
    head: (count: number) => rich`🗓 ${b(plural(count, 'job'))}`,
    none: rich`🗓 ${b('Nothing is scheduled.')}`,
    names: {
      tidy: 'Tidy the store',
      'daily-report': 'Tell how things are',
      sample: 'Count restarts and pictures for the reports',
      'check-versions': 'Look for a newer version',
      'tell-releases': 'Tell what was released',
      'remind-releases': 'Remind of releases',
      'update-services': 'Update what may be updated by itself',
      'check-again': 'Look again where the nightly look failed',
      'check-way-back': 'See that old images are still kept',
      'take-up-updates': 'Finish updates that were cut off',
      'watch-deploys': 'Judge what is deployed',
      'smoke-test': 'Look at everything that services stand on',
      'look-at-host': 'Look at disks, memory, mounts and ways',
      'clean-album': 'Clean the album',
      'back-up': 'Back up',
      'back-up-again': 'Make up backups that are overdue or failed',
      'take-up-backups': 'Start again what a kill left stopped for its backup',
      drill: 'Restore backups into a scratch place',
      'send-off-site': 'Send proven backups to the second place',
      'check-off-site': 'Look after the second place of the backups',
      prune: 'Remove images that nothing uses',
      'file-pictures': 'File waiting pictures',
      'stop-loop': 'Stop what is killed for memory again and again',
      'tell-alerts': 'Repeat alerts, and tell what quiet hours held',
    } as Record<string, string>,
    running: 'running now',
    paused: 'paused',
    never: 'not run yet',
    outcomes: { done: '✅', failed: '❌', skipped: '⏭', interrupted: '⚡' },
    took: (took: string) => `took ${took}`,
    next: 'next',
    last: 'last',
    daily: (at: string) => `daily at ${at}`,
    weekly: (day: number, at: string) =>
      `${['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'][day]} at ${at}`,
    every: (span: string) => `every ${span}`,
  },

  choose: (command: string) => rich`Which service? ${i(`/${command} …`)}`,

  pictures,
  images,
  cleaning,
  http,
  terminal,
  audit,
  overview,
  inbox,
  prune,
  pulse,
  releases,
  backups,
  updates,
  restore,
  guard,
  backupRuns,
  doctor,
  checks,
  alerts,
  watchFacts,

  notes: {
    unknownCommand: (word: string, nearest: string) =>
      nearest === ''
        ? rich`I do not know ${code(word)}. /help lists what I do.`
        : rich`I do not know ${code(word)}. Did you mean ${nearest}?`,
    userError: (message: string) => rich`⚠️ ${message}`,
    failed: (message: string) => rich`❌ ${b('That did not work:')} ${message}`,
    busy: (service: string, work: { what: string; since: Span } | undefined) =>
      work === undefined
        ? rich`⏳ ${b(`${service} is busy.`)} Ask again when it is done.`
        : rich`⏳ ${b(`${service} is busy:`)} ${work.what} since ${work.since}. Ask again when it is done.`,
    already: (verb: Verb, service: string) =>
      verb === 'stop'
        ? rich`⚪ ${b(`${service} is stopped already.`)}`
        : rich`✅ ${b(`${service} runs already.`)}`,
    wayBackLost: (services: readonly { service: string; version: string | undefined }[]) =>
      rich`⚠️ ${b('Old images that I kept are gone:')} ${services
        .map(({ service, version }) => (version === undefined ? service : `${service} ${version}`))
        .join(
          ', ',
        )}. ${code('podman system prune -a')} takes them, too. Until the next update /rollback has nothing to go back to.`,
    cancelled: rich`✖️ Cancelled. Nothing was changed.`,
    expired: rich`⌛ This plan has expired. Nothing was changed.`,
    changed: rich`🔄 ${b('Things have changed since that plan.')} Here is the new one.`,
    taken: rich`Already answered.`,
    stranger: (id: string) =>
      rich`🔒 ${b('Private bot.')} It runs one home server and answers nobody else.\nIf the server is yours, add this id to TELEGRAM_OWNER_IDS: ${code(id)}`,
    strangerTap: 'This button is not for you.',
    guest: rich`👋 ${b('You are a guest here:')} send pictures, or ask /status. The rest is for the owner.`,
    enrolmentLate: rich`⌛ ${b('This link has run out.')} It holds for ten minutes. Start Steward again: its log has a new one.`,
    oldCommand: (text: string) =>
      rich`🕰 I was away when you sent ${code(text)}. It is not obeyed by itself any more.`,
    sentAt: (at: Span) => rich`Sent at ${at}.`,
    interrupted: (what: string, since: Span, resumes: boolean) =>
      rich`⚡ ${b(`I was stopped in the middle of: ${what}`)} (begun ${since}). ${resumes ? 'I take it up again.' : 'Look at how things stand.'}`,
    fateUnknown: (count: number) =>
      rich`${i(`${plural(count, 'message')} before this one may not have reached you: the connection broke while sending.`)}`,
    offline: (from: Span, to: Span) => rich`💤 Offline ${from}–${to}; taps in that time were lost.`,
    offlineLong:
      'Messages and pictures sent more than a day before I came back are lost too: Telegram keeps them 24 h. Send them again.',
    configFaults: (count: number) =>
      rich`🛑 ${b(`Not started: ${plural(count, 'fault')} in the configuration`)}`,
    jobPaused: (job: string) => rich`⏸ ${b(job)} is paused.`,
    jobResumed: (job: string) => rich`▶️ ${b(job)} runs again at its times.`,
    cliDid: (verb: string, service: string, by: string, ok: boolean) =>
      rich`${ok ? '✅' : '❌'} ${b(`${verb} ${service}`.trim())} from the command line, by ${by}.`,
    kept: (names: readonly string[], isKept: boolean, isCleaned: boolean) => {
      const [one] = names;
      const what = names.length === 1 ? (one ?? '') : plural(names.length, 'picture');
      if (!isKept) return rich`${b(what)} ${names.length === 1 ? 'goes' : 'go'} with the next cleaning.`;
      return isCleaned
        ? rich`📌 ${b(what)}: the copy is kept. The album was cleaned of it before.`
        : rich`📌 ${b(what)}: kept until you let ${them(names.length)} go.`;
    },
    named: (picture: string) => rich`🏷 ${b(picture)} can be opened as`,
    namedMany: (count: number) => rich`🏷 ${b(`${plural(count, 'picture')} can be opened as`)}`,
    agentShutOut: (uid: string, folder: string, closed: string) =>
      rich`🔒 ${b(`The agent cannot open the pictures.`)} They are in ${code(folder)}, and ${code(closed)} lets the user ${uid} not in.\nOn the server, run: ${code(`sudo chmod o+x ${closed}`)}`,
    albumUnseen: (album: string, email: string, why: Unseen['why']) =>
      rich`👁 ${b(`${email} does not see the album ${album}:`)} ${unseen(why)} Pictures are filed all the same.`,
    storeShut: (cause: string) =>
      rich`🔴 ${b('I cannot write anything down:')} ${cause}. What you send waits at Telegram, for a day at most, until there is room. Of other troubles I tell nothing meanwhile.`,
    storeOpen: (since: Span) =>
      rich`🟢 ${b('I can write things down again.')} I could not since ${since}. What is wrong now is told as ever.`,
    gaveUp: rich`❌ I could not work this message off and have given it up. The log says why.`,
  },
};

/** What every language has: the same keys, for the same values. */
export type Catalogue = Worded<typeof en>;

/** The same with other words: where English has one of two texts, any text will do. */
type Worded<Words> = Words extends string
  ? string
  : Words extends readonly unknown[] | RegExp
    ? Words
    : Words extends (...given: infer Given) => infer Said
      ? (...given: Given) => Said extends string ? string : Said
      : { [Key in keyof Words]: Worded<Words[Key]> };
