/** How many services are well, by what the watch has found: nothing is asked of any host. */
import type { App } from '../../app.ts';

/** Those of a host that does not answer are not known to be well. */
export function countWell({ services, store }: Pick<App, 'services' | 'store'>): {
  well: number;
  all: number;
} {
  const open = store.alerts.open();
  const troubled = new Set(open.map(({ key }) => key));
  const unknown = new Set(
    open.flatMap(({ finding: { fact } }) => (fact.kind === 'host' ? fact.services : [])),
  );
  const well = services.all.filter(
    ({ name, title }) => !troubled.has(`service:${name}`) && !unknown.has(title),
  );
  return { well: well.length, all: services.all.length };
}
