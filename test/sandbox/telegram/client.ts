/** Calls the stand-in as any HTTP client would, and shows the answer as it came. */
import type { Telegram } from '../../../sandbox/telegram.ts';

export type Reply = {
  status: number;
  headers: Headers;
  ok: boolean;
  result: unknown;
  error_code?: number;
  description?: string;
  parameters?: { retry_after?: number };
};

export async function callWith(telegram: Telegram, method: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(`${telegram.url}/bot${telegram.token}/${method}`, init);
  return {
    status: response.status,
    headers: response.headers,
    ...((await response.json()) as Omit<Reply, 'status' | 'headers'>),
  };
}

export const call = (telegram: Telegram, method: string, params: object = {}): Promise<Reply> =>
  callWith(telegram, method, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(params),
  });

/** A call with files, as a form. */
export function callForm(
  telegram: Telegram,
  method: string,
  fields: Record<string, string | File>,
): Promise<Reply> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return callWith(telegram, method, { method: 'POST', body: form });
}

/** The id of a message that was just sent. */
export function idOf(reply: Reply): number {
  return (reply.result as { message_id: number }).message_id;
}

/** The smallest PNG that says it is so large; its pixels are of no matter here. */
export function png(width: number, height: number): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(33);
  header.write('\x89PNG\r\n\x1a\n', 0, 'latin1');
  header.writeUInt32BE(13, 8);
  header.write('IHDR', 12, 'latin1');
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  return new Uint8Array(header);
}
