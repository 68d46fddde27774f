/** How many services are well, by what the watch has found: nothing is asked of any host. */
import type { App } from '../../app.ts';

export function countWell({ services, store }: Pick<App, 'services' | 'store'>): {
  well: number;
  all: number;
} {
  const troubled = new Set(store.alerts.open().map(({ key }) => key));
  const well = services.all.filter(({ name }) => !troubled.has(`service:${name}`));
  return { well: well.length, all: services.all.length };
}
