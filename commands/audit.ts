import type { App, Command } from '../src/app.ts';
import { UserError } from '../src/errors.ts';
import { readAudit, type AuditQuestion } from '../src/operations/audit.ts';

/** As long as it is kept. */
const MOST_DAYS = 365;

export const audit: Command = {
  name: 'audit',
  usage: '[service] [days] [file]',
  purpose: 'look',
  flags: ['json-lines'],
  run: (app, args) => Promise.resolve(readAudit(app, questionOf(app, args))),
};

/** A service, a number of days and how it is to be told, in any order. */
function questionOf(app: App, words: readonly string[]): AuditQuestion {
  const asked: AuditQuestion = { service: undefined, days: undefined, form: 'card' };
  for (const word of words) {
    const bare = word.replace(/^[-–—]+/, '');
    if (bare === 'json-lines') asked.form = 'lines';
    else if (bare === 'file') asked.form = 'file';
    else if (/^\d+d?$/.test(word)) {
      const days = Number.parseInt(word, 10);
      if (days < 1 || days > MOST_DAYS) {
        throw new UserError(`Cannot look back ${word} days: say 1 to ${MOST_DAYS}.`);
      }
      asked.days = days;
    } else if (asked.service === undefined) asked.service = app.services.find(word).name;
    else throw new UserError(`One service at a time: "${words.join(' ')}".`);
  }
  return asked;
}
