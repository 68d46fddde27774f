/** An answer as text, one thing a line, or as JSON for whoever asks for it. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export type Answer = {
  status: number;
  /** As text. */
  lines?: readonly string[];
  /** As JSON. */
  body: Record<string, unknown>;
  /** Of the text, where it is not plain text for a person. */
  type?: string;
  /** There is no text of it. */
  isJson?: boolean;
  headers?: Record<string, string>;
};

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

export function answerWith(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, lines = [], body, isJson = wantsJson(request), headers = {}, type = TEXT } = answer;
  // Without a line's end after the last path: a shell would take it for the return key.
  const text = Buffer.from(isJson ? JSON.stringify({ schema: 1, ...body }) : lines.join('\n'));
  response
    .writeHead(status, {
      ...headers,
      'content-type': isJson ? JSON_TYPE : type,
      'content-length': text.byteLength,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(request.method === 'HEAD' ? undefined : text);
}

const wantsJson = ({ headers }: IncomingMessage) => /\bapplication\/json\b/i.test(headers.accept ?? '');
