/** The page's line to the stand-in: events as they happen, acts as they are asked for. */
import type { PageEvent } from '../telegram/page-view.ts';

/** Hears everything from now on, and a whole `state` at first and after each reconnect. */
export function listen(hear: (event: PageEvent) => void, connected: (yes: boolean) => void): void {
  const source = new EventSource('/sim/events');
  source.addEventListener('open', () => connected(true));
  source.addEventListener('error', () => connected(false));
  source.addEventListener('message', (message: MessageEvent<string>) =>
    hear(JSON.parse(message.data) as PageEvent),
  );
}

/** Does something as a person. @throws with the stand-in's own sentence. */
export async function act(name: string, ask: object): Promise<Record<string, unknown>> {
  return answered(
    await fetch(`/sim/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ask),
    }),
  );
}

/** Sends files: one, or several as an album. */
export async function upload(files: readonly File[], ask: Record<string, string>): Promise<void> {
  const form = new FormData();
  for (const file of files) form.append('file', file, file.name);
  await answered(await fetch(`/sim/upload?${new URLSearchParams(ask)}`, { method: 'POST', body: form }));
}

async function answered(response: Response): Promise<Record<string, unknown>> {
  const body = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(String(body['error']));
  return body;
}
