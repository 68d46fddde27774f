import type { App, Job } from '../src/app.ts';
import { watchDeploys as watch } from '../src/operations/update/watch-deploys.ts';
import type { DeployReport } from '../src/report.ts';
import { reportsChat } from '../src/reports-chat.ts';

/** What somebody deploys, with Steward's help or without, is looked at when it comes up. */
export const watchDeploys: Job = {
  name: 'watch-deploys',
  times: () => [{ times: { every: 60_000 } }],
  async run(app, _subject, run) {
    // Several services can be deployed at once, and the slowest must not hold up what the others have to say.
    await watch(app, run, (report) => tell(app, report));
    return undefined;
  },
};

function tell({ config, store, log }: App, report: DeployReport): void {
  const { service, at, isWell, course } = report;
  const chat = reportsChat(config.telegram, store.facts);
  if (chat === undefined) return log.warn({ report: report.kind, service }, 'nobody to tell this to');
  const silent = isWell && course === 'unannounced';
  store.outbox.put({ key: `deploy:${service}:${at}`, chat, silent, body: { what: 'report', report } });
}
