/** What a look at the machine and at the ways to its services has found, in English: what, why it matters, what to do. */
import type { CertificateTrouble, CheckFact, HostNews, SmartProblem } from '../report/host-findings.ts';
import { b, code, rich, type Rich, type Span } from '../rich.ts';
import { formatSize } from '../units.ts';
import { hostNamed, plural, sentence } from './en-words.ts';

type Of<Kind extends CheckFact['kind']> = Extract<CheckFact, { kind: Kind }>;

type Words<Fact> = {
  /** The trouble, as the first words of its alert. */
  title: (fact: Fact) => string;
  /** That it is over. */
  over: (fact: Fact) => string;
  /** More of what was found, where the title does not say all. `at` puts a moment into words. */
  found?: (fact: Fact, at: (moment: number) => Span) => Rich | undefined;
  why: (fact: Fact) => string;
  /** What to do about it. */
  todo: (fact: Fact) => Rich;
};

const diskNamed = (path: string): string => (path === '/' ? 'The system disk' : `The disk ${path}`);
const inQuotes = (texts: readonly string[]): Rich =>
  texts.flatMap((text, index) => [...(index === 0 ? [] : [', ']), code(text)]);

const certificate: Record<CertificateTrouble['kind'], (name: string) => string> = {
  expiring: (name) => `The certificate of ${name} runs out`,
  expired: (name) => `The certificate of ${name} has run out`,
  'not-yet': (name) => `The certificate of ${name} is not valid yet`,
  'wrong-name': (name) => `${name} shows a certificate of another name`,
  untrusted: (name) => `The certificate of ${name} is not trusted`,
};

const sectors: Record<Extract<SmartProblem, { kind: 'sectors' }>['what'], (count: number) => string> = {
  reallocated: (count) => `${plural(count, 'block')} replaced by spare ones`,
  pending: (count) => `${plural(count, 'block')} that could not be read and wait to be written`,
  uncorrectable: (count) => `${plural(count, 'block')} lost for good`,
  media: (count) => plural(count, 'read or write error'),
};

function problem(what: SmartProblem): string {
  switch (what.kind) {
    case 'failing':
      return 'it says itself that it is failing';
    case 'worn':
      return `${what.used} % of the life that it was made for is used`;
    case 'spare':
      return `${what.left} % of its spare blocks are left (${what.least} % are too few)`;
    case 'sectors':
      return sectors[what.what](what.count);
  }
}

const disk: Words<Of<'disk'>> = {
  title: ({ path, of, share }) =>
    of === 'space'
      ? `${diskNamed(path)} is ${share} % full`
      : `${diskNamed(path)} cannot hold many more files`,
  over: ({ path }) => `${diskNamed(path)} has room again`,
  found: ({ of, free, size, share }) =>
    of === 'space'
      ? rich`${formatSize(free)} of ${formatSize(size)} are free.`
      : rich`${share} % of the files that it can hold are there; ${Math.round(free).toLocaleString('en')} more are possible, however much space is free.`,
  why: ({ path, level }) =>
    level === 'alarm'
      ? path === '/'
        ? 'Databases stop, or break, when they cannot write; backups and updates fail before that.'
        : 'What writes there fails soon: uploads, databases, backups.'
      : 'Backups and updates need room beside the data.',
  todo: ({ path, of }) =>
    of === 'space'
      ? rich`What takes it: ${code(`du -xh --max-depth=2 ${path} | sort -h | tail`)}`
      : rich`Where they are: ${code(`du -x --inodes --max-depth=2 ${path} | sort -n | tail`)}`,
};

const smart: Words<Of<'smart'>> = {
  title: ({ device, problems }) =>
    problems.some(({ kind }) => kind === 'failing') ? `${device} is failing` : `${device} ages badly`,
  over: ({ device }) => `${device} has nothing more to say of itself`,
  found: ({ model, problems }) =>
    rich`${model === undefined ? '' : `${model}. `}${sentence(problems.map(problem).join('; '))}`,
  why: () => 'A disk seldom says so long before its end.',
  todo: ({ device }) =>
    rich`See that a backup elsewhere is new, and replace it: ${code(`smartctl -a ${device}`)}`,
};

const words: { [Kind in CheckFact['kind']]: Words<Of<Kind>> } = {
  disk,
  growth: {
    title: ({ path, daysLeft }) =>
      `${diskNamed(path)} will be full in ${daysLeft < 1 ? 'less than a day' : plural(daysLeft, 'day')}`,
    over: ({ path }) => `${diskNamed(path)} grows more slowly`,
    found: ({ daily, free }) => rich`It gains ${formatSize(daily)} a day; ${formatSize(free)} are free.`,
    why: () => 'It has grown so on most days, not at once.',
    todo: ({ path }) => rich`What takes it: ${code(`du -xh --max-depth=2 ${path} | sort -h | tail`)}`,
  },
  mount: {
    title: ({ path, trouble }) =>
      ({
        'not-mounted': `${path} is not mounted`,
        gone: `${path} is not there`,
        silent: `${path} does not answer`,
        empty: `${path} is mounted, but empty`,
      })[trouble],
    over: ({ path }) => `${path} is there again`,
    why: ({ trouble }) =>
      trouble === 'empty'
        ? 'It may be another disk than the one that is meant.'
        : trouble === 'silent'
          ? 'Whatever reads or writes there waits, possibly for ever.'
          : 'What is written there now goes to the disk below, and the data that is meant is not to be seen.',
    todo: ({ path, trouble }) =>
      trouble === 'empty'
        ? rich`See what is mounted: ${code(`findmnt ${path}`)}`
        : rich`See why: ${code(`systemctl status "$(systemd-escape --path --suffix=mount ${path})"`)}`,
  },
  'read-only': {
    title: ({ path }) => `${path} can only be read`,
    over: ({ path }) => `${path} can be written again`,
    found: ({ device }) => rich`The file system on ${code(device)} took writing before.`,
    why: () =>
      'The kernel does this to save what is left when a disk or its file system is broken. Nothing is saved there any more.',
    todo: () =>
      rich`See why: ${code('journalctl -k -p warning --since -1d')}. Save what is not backed up before a restart.`,
  },
  memory: {
    title: ({ level }) => (level === 'alarm' ? 'Memory is used up' : 'Memory is short'),
    over: () => 'There is memory again',
    found: ({ available, size, pressure }) =>
      rich`${formatSize(available, 1024)} of ${formatSize(size, 1024)} are available${pressure === undefined || pressure < 1 ? '' : `; ${pressure} % of the last minutes everything waited for memory`}.`,
    why: ({ level }) =>
      level === 'alarm'
        ? 'The kernel will kill something, or the machine stands still.'
        : 'Everything becomes slow, and what asks for more may be killed.',
    todo: () => rich`Who has it: ${code('systemd-cgtop -m -n 1')}`,
  },
  swap: {
    title: () => 'Swap is full',
    over: () => 'Swap has room again',
    found: ({ used, size }) =>
      rich`${formatSize(used, 1024)} of ${formatSize(size, 1024)} are used, and programs wait for it.`,
    why: () => 'There is no room left to give way to; the next step is that something is killed.',
    todo: () => rich`Who has it: ${code('systemd-cgtop -m -n 1')}`,
  },
  temperature: {
    title: ({ sensor, degrees }) => `${sensor} is at ${degrees} °C`,
    over: ({ sensor }) => `${sensor} has cooled down`,
    found: ({ limit }) => rich`Its limit is ${limit} °C.`,
    why: ({ level }) =>
      level === 'alarm'
        ? 'It slows down to save itself, and switches off when that is not enough.'
        : 'Heat makes disks and fans old, and the machine slow.',
    todo: () => rich`Look for dust, a fan that stands still, or a program that takes all: ${code('top')}`,
  },
  clock: {
    title: () => 'The clock is not set by any time server',
    over: () => 'The clock is set again',
    why: () => 'A wrong time makes certificates invalid, and codes of two-factor logins wrong.',
    todo: () => rich`See why: ${code('timedatectl timesync-status')}`,
  },
  'failed-units': {
    title: ({ host, units: [only, ...others] }) =>
      others.length === 0
        ? `${only ?? 'A unit'} failed on ${hostNamed(host)}`
        : `${others.length + 1} units failed on ${hostNamed(host)}`,
    over: ({ host }) => `No unit is failed any more on ${hostNamed(host)}`,
    found: ({ units }) => (units.length === 1 ? undefined : inQuotes(units.slice(0, 10))),
    why: ({ units }) =>
      `What ${units.length === 1 ? 'it does' : 'they do'} is not done: a timer, a mount, a rule of the firewall.`,
    todo: ({ units: [first = ''] }) => rich`See why: ${code(`systemctl status ${first}`)}`,
  },
  'io-errors': {
    title: ({ device }) => `The kernel has errors with ${device}`,
    over: ({ device }) => `No errors with ${device} for a day`,
    found: ({ count, line }) => rich`${plural(count, 'error')} in 24 h, the last: ${code(line)}`,
    why: () => 'A disk, its cable or its power is about to give up.',
    todo: () =>
      rich`See that a backup elsewhere is new. All of them: ${code('journalctl -k -p warning --since -1d')}`,
  },
  smart,
  vpn: {
    title: ({ interface: name }) => `${name} has no address`,
    over: ({ interface: name }) => `${name} has its address again`,
    why: () => 'Nothing on this machine can be reached through the VPN.',
    todo: ({ interface: name }) => rich`See its daemon, and: ${code(`ip address show ${name}`)}`,
  },
  certificate: {
    title: ({ name, trouble, asked: [host = name] }) =>
      certificate[trouble.kind](trouble.kind === 'wrong-name' ? host : name),
    over: ({ name, trouble, asked: [host = name] }) =>
      `The certificate of ${trouble.kind === 'wrong-name' ? host : name} is good again`,
    found: ({ name, trouble, validTo }, at) => {
      switch (trouble.kind) {
        case 'expiring':
          return rich`It is valid until ${at(validTo)}.`;
        case 'expired':
          return rich`It was valid until ${at(validTo)}.`;
        case 'not-yet':
          return rich`It is valid from ${at(trouble.validFrom)}.`;
        case 'wrong-name':
          return rich`It is for ${name}.`;
        case 'untrusted':
          return rich`Why: ${trouble.cause}.`;
      }
    },
    why: ({ trouble }) =>
      trouble.kind === 'expiring'
        ? 'It should have been renewed by now. Once it has run out, browsers and apps refuse to connect.'
        : 'Browsers and apps refuse to connect.',
    todo: ({ trouble }) =>
      trouble.kind === 'untrusted'
        ? rich`An authority of your own is named in ${code('checks.proxy.authority')}. Else look at the proxy's log.`
        : rich`Look at the proxy's log: is its token for the domain still good, and the domain its own?`,
  },
  url: {
    title: ({ title }) => `${title} cannot be reached through its name`,
    over: ({ title }) => `${title} can be reached through its name again`,
    found: ({ url, cause }) => rich`${code(url)}: ${cause}.`,
    why: () => 'On this machine itself it answers; the way to it is broken.',
    todo: () => rich`Look at the proxy, and at the address that it listens on.`,
  },
  'late-backup': {
    title: ({ title }) => `The backup of ${title} is late`,
    over: ({ title }) => `${title} is backed up again`,
    found: ({ provenAt, cause }, at) => {
      const last =
        provenAt === undefined
          ? rich`There is no proven one yet.`
          : rich`The last proven one is of ${at(provenAt)}.`;
      return cause === undefined ? last : rich`${last} The last try failed: ${cause.replace(/\.$/, '')}.`;
    },
    why: () => 'What was written since then is nowhere else.',
    todo: () => rich`Try it now, and read what it says.`,
  },
};

/** Each kind has its words, of which the compiler cannot know that they belong together. */
const of = <Fact extends CheckFact>(fact: Fact): Words<CheckFact> =>
  words[fact.kind] as Words<never> as Words<CheckFact>;

export const checks = {
  title: (fact: CheckFact): string => of(fact).title(fact),
  over: (fact: CheckFact): string => of(fact).over(fact),
  found: (fact: CheckFact, at: (moment: number) => Span): Rich | undefined => of(fact).found?.(fact, at),
  why: (fact: CheckFact): string => of(fact).why(fact),
  todo: (fact: CheckFact): Rich => of(fact).todo(fact),

  news: {
    head: rich`ℹ️ ${b('Since the last look')}`,
    rebooted: (at: Rich) => rich`Start of the machine: ${at}`,
    engine: ({ host, was, now }: HostNews['engines'][number]) =>
      rich`The engine of ${hostNamed(host)}: ${was} → ${now}`,
  },
};
