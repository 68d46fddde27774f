/** A service's monitor elsewhere, told of its backup. */
import type { App } from '../../app.ts';
import type { Service } from '../../services.ts';

type Beat = { isWell: true } | { isWell: false; why: string };

/** Nothing is sent for a service without a monitor. @throws UnreachableError */
export async function beat(
  { heartbeat, redact }: Pick<App, 'heartbeat' | 'redact'>,
  { heartbeat: url }: Pick<Service, 'heartbeat'>,
  told: Beat,
): Promise<void> {
  if (url === undefined) return;
  await (told.isWell ? heartbeat.succeeded(url, 'proven') : heartbeat.failed(url, redact(told.why)));
}
