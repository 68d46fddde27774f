/** JSON lines on stderr; every value of a known secret is masked wherever it turns up. */
import { pino, type LoggerOptions, type Logger as Pino } from 'pino';
import { redactJson, type Redact } from './redact.ts';

export type Logger = Pick<Pino, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

/** As pino counts; `fatal` is above. */
const ERROR = 50;

/**
 * @param options.redact masks secrets in every field of a line
 * @param options.onError is told the message of each error, masked, beside the line
 */
export function createLogger(options: {
  level: string;
  redact: Redact;
  onError?: (message: string) => void;
}): Logger {
  const destination = {
    write: (line: string) => void process.stderr.write(`${redactJson(options.redact, line)}\n`),
  };
  const { level, redact, onError } = options;
  const hooks: LoggerOptions['hooks'] = {
    logMethod(line, write, severity) {
      const message = line.find((part) => typeof part === 'string');
      if (severity >= ERROR) onError?.(redact(message ?? 'an error without words'));
      write.apply(this, line);
    },
  };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, hooks }, destination);
}
