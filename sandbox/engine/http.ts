/** What the routes of the engine's API share: the request with its place, and answers as Podman words them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventFaults } from './api.ts';
import type { Exec } from './exec.ts';
import type { Container, Host } from './host.ts';
import type { Images } from './images.ts';

export type Answer = {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  host: Host;
  images: Images;
  execs: Map<string, Exec>;
  faults: EventFaults;
};

export type Route = [
  method: string,
  path: RegExp,
  run: (answer: Answer, ...parts: string[]) => void | Promise<void>,
];

export function send(response: ServerResponse, body: unknown, status = 200): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(body));
}

export function refuse(response: ServerResponse, status: number, message: string, cause = message): void {
  send(response, { cause, message, response: status }, status);
}

/** An empty body is an empty object. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : JSON.parse(text);
}

export function withContainer<T>(
  { response, host }: Answer,
  name: string,
  then: (container: Container) => T,
): T | undefined {
  const container =
    host.containers.get(name) ??
    [...host.containers.values()].find((one) => name.length > 4 && one.id.startsWith(name));
  if (container !== undefined) return then(container);
  refuse(
    response,
    404,
    `no container with name or ID "${name}" found: no such container`,
    'no such container',
  );
  return undefined;
}
