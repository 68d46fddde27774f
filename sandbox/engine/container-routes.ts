/** Containers made, changed and removed over the engine's API. */
import { podmanDetails } from './answers.ts';
import type { Container, ContainerSpec, CreateBody, Endpoint } from './host.ts';
import { readJson, refuse, send, withContainer, type Answer, type Route } from './http.ts';

export const CONTAINER_ROUTES: readonly Route[] = [
  ['POST', /^\/containers\/create$/, (answer) => create(answer)],
  [
    'GET',
    /^\/libpod\/containers\/([^/]+)\/json$/,
    (answer, name = '') => withContainer(answer, name, (one) => send(answer.response, podmanDetails(one))),
  ],
  [
    'POST',
    /^\/containers\/([^/]+)\/start$/,
    (answer, name = '') =>
      withContainer(answer, name, (one) => {
        if (!one.running) answer.host.run(one);
        else answer.response.statusCode = 304;
        done(answer);
      }),
  ],
  [
    'POST',
    /^\/containers\/([^/]+)\/stop$/,
    (answer, name = '') =>
      withContainer(answer, name, (one) => {
        if (one.running) answer.host.end(one, 0, { stopped: true });
        else answer.response.statusCode = 304;
        done(answer);
      }),
  ],
  [
    'POST',
    /^\/containers\/([^/]+)\/rename$/,
    (answer, name = '') =>
      withContainer(answer, name, (one) => {
        const to = answer.query.get('name') ?? '';
        if (answer.host.containers.has(to)) {
          refuse(
            answer.response,
            409,
            `renaming container ${one.id}: name ${to} already in use`,
            'container already exists',
          );
          return;
        }
        answer.host.rename(one, to);
        done(answer);
      }),
  ],
  [
    'DELETE',
    /^\/containers\/([^/]+)$/,
    (answer, name = '') =>
      withContainer(answer, name, (one) => {
        if (one.running && answer.query.get('force') !== 'true') {
          refuse(
            answer.response,
            500,
            `cannot remove container ${one.id} as it is running - running or paused containers cannot be removed without force: container state improper`,
            'container state improper',
          );
          return;
        }
        answer.host.end(one, 137, { stopped: true });
        if (answer.host.containers.get(one.spec.name) === one) answer.host.remove(one);
        if (/^(?:true|1)$/.test(answer.query.get('v') ?? '')) {
          for (const { name: volume, isOwn } of one.volumes) if (isOwn) answer.host.volumes.delete(volume);
        }
        done(answer);
      }),
  ],
  [
    'POST',
    /^\/networks\/([^/]+)\/connect$/,
    (answer, network = '') =>
      onNetwork(answer, network, (one, endpoint) => void one.networks.set(network, endpoint)),
  ],
  [
    'POST',
    /^\/networks\/([^/]+)\/disconnect$/,
    (answer, network = '') => onNetwork(answer, network, (one) => void one.networks.delete(network)),
  ],
];

function done({ response }: Answer): void {
  if (response.statusCode === 200) response.statusCode = 204;
  response.end();
}

async function create({ request, response, query, host, images }: Answer): Promise<void> {
  const body = (await readJson(request)) as CreateBody;
  const name = query.get('name') ?? '';
  const image = images.find(body.Image ?? '');
  if (image === undefined) {
    refuse(response, 404, `no such image: ${body.Image}: image not known`, 'image not known');
    return;
  }
  if (host.containers.has(name)) {
    refuse(
      response,
      500,
      `container create: creating container storage: the container name "${name}" is already in use`,
      'that name is already in use',
    );
    return;
  }
  const spec: ContainerSpec = {
    name,
    image: body.Image ?? '',
    version: image.labels['org.opencontainers.image.version'] ?? '',
    memory: 32 * 1024 ** 2,
    cpu: 0.001,
    terminal: body.Tty === true,
    networkMode: body.HostConfig?.NetworkMode ?? 'bridge',
    keep: body.HostConfig?.AutoRemove !== true,
    body,
  };
  send(response, { Id: host.create(spec).id, Warnings: [] }, 201);
}

async function onNetwork(
  answer: Answer,
  network: string,
  then: (container: Container, endpoint: Endpoint) => void,
): Promise<void> {
  const { Container: name = '', EndpointConfig: endpoint = {} } = (await readJson(answer.request)) as {
    Container?: string;
    EndpointConfig?: Endpoint;
  };
  if (!answer.host.networks.has(network)) {
    refuse(
      answer.response,
      404,
      `unable to find network with name or ID ${network}: network not found`,
      'network not found',
    );
    return;
  }
  withContainer(answer, name, (container) => {
    then(container, endpoint);
    answer.response.end('OK');
  });
}
