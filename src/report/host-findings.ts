/** What a look at the machine itself, and at the ways to its services, has found: data, worded by the catalogue. */

/** How far beyond its limit something is: the first one, or the one where it becomes pressing. */
export type Level = 'warn' | 'alarm';

/** Figures are rounded to what a person reads. */
export type CheckFact =
  /** A share in percent; bytes, or files that the file system can still hold. */
  | {
      kind: 'disk';
      path: string;
      of: 'space' | 'files';
      level: Level;
      share: number;
      free: number;
      size: number;
    }
  /** Bytes a day over the last weeks, and the days that are left at that pace. */
  | { kind: 'growth'; path: string; daily: number; daysLeft: number; free: number }
  | { kind: 'mount'; path: string; trouble: 'not-mounted' | 'gone' | 'silent' | 'empty' }
  | { kind: 'read-only'; path: string; device: string }
  /** Bytes; the pressure is the share of the last five minutes in which everything waited for memory, in percent. */
  | { kind: 'memory'; level: Level; available: number; size: number; pressure: number | undefined }
  | { kind: 'swap'; used: number; size: number }
  /** Degrees Celsius. */
  | { kind: 'temperature'; sensor: string; level: Level; degrees: number; limit: number }
  | { kind: 'clock' }
  | { kind: 'failed-units'; host: string; units: readonly string[] }
  /** Errors of the last 24 hours in the kernel's log. */
  | { kind: 'io-errors'; device: string; count: number; line: string }
  | { kind: 'smart'; device: string; model: string | undefined; problems: readonly SmartProblem[] }
  | { kind: 'vpn'; interface: string }
  | {
      kind: 'certificate';
      name: string;
      validTo: number;
      trouble: CertificateTrouble;
      asked: readonly string[];
    }
  | { kind: 'url'; title: string; url: string; cause: string }
  | { kind: 'late-backup'; title: string; provenAt: number | undefined; cause: string | undefined };

export type CertificateTrouble =
  | { kind: 'expiring'; level: Level }
  | { kind: 'expired' }
  | { kind: 'not-yet'; validFrom: number }
  | { kind: 'wrong-name' }
  /** In OpenSSL's words: `self-signed certificate in certificate chain`. */
  | { kind: 'untrusted'; cause: string };

export type SmartProblem =
  /** The disk itself says that it is about to fail. */
  | { kind: 'failing' }
  /** Percent of what it was made for. */
  | { kind: 'worn'; used: number }
  | { kind: 'spare'; left: number; least: number }
  | { kind: 'sectors'; what: 'reallocated' | 'pending' | 'uncorrectable' | 'media'; count: number };

/** What happened to a host since it was looked at last; told once. */
export type HostNews = {
  kind: 'host-news';
  /** Milliseconds since 1970. */
  rebootedAt: number | undefined;
  engines: readonly { host: string; was: string; now: string }[];
  at: number;
};
