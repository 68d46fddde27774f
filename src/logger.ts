/** JSON lines on stderr; every value of a known secret is masked wherever it turns up. */
import { pino, type Logger as Pino } from 'pino';
import { redactJson, type Redact } from './redact.ts';

export type Logger = Pick<Pino, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

/** @param redact masks secrets in every field of a line */
export function createLogger(options: { level: string; redact: Redact }): Logger {
  const destination = {
    write: (line: string) => void process.stderr.write(`${redactJson(options.redact, line)}\n`),
  };
  return pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
