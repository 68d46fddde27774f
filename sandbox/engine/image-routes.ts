/** Images over the engine's API. */
import type { ServerResponse } from 'node:http';
import { imageDetails, imageSummary } from './answers.ts';
import { refuse, send, type Answer, type Route } from './http.ts';

export const IMAGE_ROUTES: readonly Route[] = [
  [
    'GET',
    /^\/images\/json$/,
    ({ response, images }) => send(response, [...images.images.values()].map(imageSummary)),
  ],
  [
    'GET',
    /^(?:\/libpod)?\/images\/(.+)\/json$/,
    ({ response, images }, name = '') => {
      const image = images.find(name);
      if (image === undefined) missing(response, name);
      else send(response, imageDetails(image));
    },
  ],
  ['POST', /^\/images\/create$/, (answer) => sendPull(answer)],
  [
    'POST',
    /^\/images\/(.+)\/tag$/,
    ({ response, query, images }, name = '') => {
      const image = images.find(name);
      if (image === undefined) {
        missing(response, name);
        return;
      }
      images.tag(image, `${query.get('repo')}:${query.get('tag')}`);
      response.writeHead(201).end();
    },
  ],
  [
    'DELETE',
    /^\/images\/(.+)$/,
    ({ response, images, host }, name = '') => {
      const image = images.find(name);
      if (image === undefined) missing(response, name);
      else if (isId(name) && image.names.size > 1) {
        refuse(response, 409, `unable to delete ${name}: it has several names`, 'image has several names');
      } else if (!image.names.has(name) && !isId(name))
        refuse(response, 500, `${name}: tag not known`, 'tag not known');
      else if (image.names.size <= 1 && [...host.containers.values()].some((one) => one.image === image)) {
        refuse(
          response,
          409,
          `image ${name} is in use: image is in use by a container: consider listing external containers and force-removing image`,
          'image is in use by a container',
        );
      } else {
        const removed = images.untag(image, name);
        send(response, [{ Untagged: name }, ...(removed ? [{ Deleted: image.id.slice(7) }] : [])]);
      }
    },
  ],
];

const isId = (name: string) => /^(?:sha256:)?[0-9a-f]{64}$/.test(name);

function missing(response: ServerResponse, name: string): void {
  refuse(response, 404, `failed to find image ${name}: ${name}: image not known`, 'image not known');
}

/** A failure comes inside an answer that began with 200. */
async function sendPull({ request, response, query, images }: Answer): Promise<void> {
  const [from, tag] = [query.get('fromImage') ?? '', query.get('tag') ?? ''];
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.setHeader('Content-Type', 'application/json');
  response.flushHeaders();
  const name = tag === '' ? from : `${from}${tag.startsWith('sha256:') ? '@' : ':'}${tag}`;
  const authorization = authorizationOf(request.headers['x-registry-auth']);
  for await (const word of images.pull(name, { authorization, signal: gone.signal })) {
    if (word === 'cut') {
      response.destroy();
      return;
    }
    const wrong = 'error' in word ? { errorDetail: { message: word.error }, progressDetail: {} } : {};
    response.write(`${JSON.stringify({ ...wrong, ...word })}\n`);
  }
  response.end();
}

/** The login that a client hands over, as the registry wants it. */
function authorizationOf(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined;
  const { username, password } = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<
    string,
    string
  >;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
