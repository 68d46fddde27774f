/** The few errors that a caller acts on. Everything else is an ordinary Error with a cause. */

/** A mistake of the person who asked. Its message is shown as it is, so it says what to do. */
export class UserError extends Error {
  override name = 'UserError';
  /** Words that could stand in the place of the first argument: a chat offers them as buttons. */
  readonly choices: readonly string[];

  constructor(message: string, choices: readonly string[] = []) {
    super(message);
    this.choices = choices;
  }
}

/** A service is taken by other work. `holder` says in plain data what that work is. */
export class BusyError extends Error {
  override name = 'BusyError';
  readonly service: string;
  readonly holder: { what: string; since: number; by: string } | undefined;

  constructor(service: string, holder?: { what: string; since: number; by: string }) {
    super(`${service} is busy`);
    this.service = service;
    this.holder = holder;
  }
}

/** Something outside (an engine, systemd, Immich, Telegram) cannot be reached or did not answer in time. */
export class UnreachableError extends Error {
  override name = 'UnreachableError';
}

/** systemd did not begin what was asked of it: a unit is masked, its file is faulty, another one that it needs failed. */
export class RefusedError extends Error {
  override name = 'RefusedError';
}

/** A server's limit on requests is used up. No alarm: the next look comes after it. */
export class RateLimitedError extends UnreachableError {
  override name = 'RateLimitedError';
  /** Milliseconds since 1970. */
  readonly until: number;

  constructor(host: string, until: number) {
    super(`${host} has had enough requests for now`);
    this.until = until;
  }
}

/** A file is larger than what can be fetched. Bytes. */
export class TooLargeError extends Error {
  override name = 'TooLargeError';
  readonly size: number;
  readonly limit: number;

  constructor(size: number, limit: number) {
    super(`${size} bytes are over the limit of ${limit}`);
    this.size = size;
    this.limit = limit;
  }
}

/** What is wrong with one setting. A start is refused with all of them at once. */
export type Fault = {
  /** File and line, where there is one: `services.yaml:12`. */
  where?: string | undefined;
  /** The variable, or the path inside the services file: `services.immich.health.url`. */
  name: string;
  /** What was found; never the value of a secret. */
  found: string;
  expected: string;
  /** The nearest name that exists, for a name that does not. */
  nearest?: string | undefined;
};

/** One line for one fault. */
export function describeFault(fault: Fault): string {
  const hint = fault.nearest === undefined ? '' : ` (did you mean ${fault.nearest}?)`;
  const where = fault.where === undefined ? '' : `${fault.where} `;
  return `${where}${fault.name}: found ${fault.found}, expected ${fault.expected}${hint}`;
}

/** The innermost message that says why, for one plain line; that of a UserError says it all. */
export function causeOf(error: unknown): string {
  let current: unknown = error;
  while (current instanceof Error && !(current instanceof UserError) && current.cause instanceof Error) {
    current = current.cause;
  }
  return current instanceof Error ? current.message : String(current);
}
