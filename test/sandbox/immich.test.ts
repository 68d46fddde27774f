import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startImmich, type ImmichStandIn } from '../../sandbox/immich.ts';
import { CALLS, EXTRACT, extractFrom, mismatches, VERSIONS, type Extract } from './openapi.ts';

const extracts = JSON.parse(readFileSync(EXTRACT, 'utf8')) as Record<string, Extract>;

it('the extract is what the descriptions say, where these are at hand', () => {
  const folder =
    process.env['STEWARD_IMMICH_SPECS'] ?? fileURLToPath(new URL('../../../shared/specs', import.meta.url));
  for (const version of VERSIONS) expect(Object.keys(extracts[version]?.calls ?? {})).toEqual([...CALLS]);
  expect(existsSync(folder) ? extractFrom(folder) : extracts).toEqual(extracts);
});

describe.each(VERSIONS)('startImmich as %s', (version) => {
  const extract = extracts[version] ?? { calls: {}, schemas: {} };
  let folder: string;
  let server: ImmichStandIn;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'steward-standin-'));
    server = await startImmich({ folder, version });
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = async (
    call: string,
    values: { id?: string; body?: unknown; form?: FormData; key?: string } = {},
  ) => {
    const [method = '', path = ''] = call.split(' ');
    const { id = '', body, form, key = server.key } = values;
    const response = await fetch(`${server.url}/api${path.replace('{id}', id)}`, {
      method,
      headers: { 'x-api-key': key, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: form ?? (body === undefined ? null : JSON.stringify(body)),
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      json: () => JSON.parse(text) as Record<string, unknown>,
      headers: response.headers,
    };
  };
  const uploadForm = (bytes = 'bytes', name = 'x.jpg') => {
    const form = new FormData();
    for (const field of ['deviceAssetId', 'deviceId']) form.append(field, field);
    for (const field of ['fileCreatedAt', 'fileModifiedAt']) form.append(field, new Date().toISOString());
    form.append('metadata', JSON.stringify([{ key: 'steward', value: { picture: 1 } }]));
    form.append('filename', name);
    form.append('assetData', new Blob([bytes]), 'fallback.png');
    return form;
  };

  /** One good call of each, with what must be there for it. */
  const good: Record<(typeof CALLS)[number], () => Parameters<typeof ask>[1]> = (() => {
    const asset = () => server.addPhoto(server.user, Buffer.from(String(Math.random())));
    const album = () => {
      const made = server.library.addAlbum(server.user, 'Claude Code Temp');
      made.users.set(server.addUser('viewer@example.dev'), 'viewer');
      made.assets.add(asset());
      return made;
    };
    const marked = () => {
      const one = asset();
      one.marks.set('steward', { value: { picture: 1 }, updatedAt: new Date() });
      return one;
    };
    return {
      'GET /server/ping': () => ({}),
      'GET /server/version': () => ({}),
      'GET /server/config': () => ({}),
      'GET /server/media-types': () => ({}),
      'GET /users/me': () => ({}),
      'GET /users': () => ({}),
      'GET /api-keys/me': () => ({}),
      'POST /assets': () => ({ form: uploadForm() }),
      'DELETE /assets': () => ({ body: { ids: [asset().id], force: true } }),
      'POST /assets/bulk-upload-check': () => ({
        body: {
          assets: [
            { id: 'a', checksum: asset().sha1 },
            { id: 'b', checksum: '0'.repeat(40) },
          ],
        },
      }),
      'GET /assets/{id}': () => ({ id: asset().id }),
      'PUT /assets/{id}': () => ({ id: asset().id, body: { description: 'x' } }),
      'GET /assets/{id}/metadata': () => ({ id: marked().id }),
      'GET /assets/{id}/original': () => ({ id: asset().id }),
      'GET /albums': () => (album(), {}),
      'POST /albums': () => ({ body: { albumName: 'x' } }),
      'GET /albums/{id}': () => ({ id: album().id }),
      'DELETE /albums/{id}': () => ({ id: album().id }),
      'PUT /albums/{id}/assets': () => ({ id: album().id, body: { ids: [asset().id, crypto.randomUUID()] } }),
      'DELETE /albums/{id}/assets': () => {
        const { id, assets } = album();
        return { id, body: { ids: [[...assets][0]?.id, crypto.randomUUID()] } };
      },
      'PUT /albums/{id}/users': () => ({
        id: album().id,
        body: { albumUsers: [{ userId: server.addUser('editor@example.dev').id, role: 'editor' }] },
      }),
      'POST /search/metadata': () => ({ body: { albumIds: [album().id] } }),
      'POST /trash/restore/assets': () => ({ body: { ids: [asset().id] } }),
    };
  })();

  it.each(CALLS)('%s answers in the shape and under the permission of the description', async (call) => {
    const values = good[call]();
    const answer = await ask(call, values);
    const { answers, permission } = extract.calls[call] ?? { answers: {} };
    expect(Object.keys(answers)).toContain(String(answer.status));
    const schema = answers[answer.status];
    const isJson = schema !== null && schema !== undefined && schema.format !== 'binary';
    expect(isJson ? mismatches(schema, answer.json(), extract) : []).toEqual([]);

    const weak = await ask(call, { ...good[call](), key: server.addKey(server.user, ['activity.read']) });
    const refusal = `"message":"Missing required permission: ${permission}"`;
    expect({ status: weak.status, isRefused: weak.text.includes(refusal) }).toEqual(
      permission === undefined ? { status: 200, isRefused: false } : { status: 403, isRefused: true },
    );
    const isPublic = call.startsWith('GET /server/');
    expect((await ask(call, { ...good[call](), key: 'wrong' })).status).toBe(isPublic ? 200 : 401);
  });

  it('errors have the body of the version', async () => {
    const { status, headers, json } = await ask('GET /assets/{id}', { id: crypto.randomUUID() });
    expect(status).toBe(400);
    const message = 'Not found or no asset.read access';
    const bodies = {
      '2.6.3': { message, error: 'Bad Request', statusCode: 400, correlationId: expect.any(String) },
      '3.1.0': { message },
    };
    expect(json()).toEqual(bodies[version]);
    expect(headers.has('x-correlation-id')).toBe(version === '3.1.0');
    const invalid = {
      '2.6.3': { message: [expect.stringContaining('page')] },
      '3.1.0': { message: 'Validation failed', errors: [{ path: ['page'] }] },
    };
    expect((await ask('POST /search/metadata', { body: { page: '2' } })).json()).toMatchObject(
      invalid[version],
    );
  });

  it('decides by the extension of `filename` before the file, else of the multipart name', async () => {
    const late = uploadForm();
    late.delete('filename');
    late.append('filename', 'x.pdf');
    expect((await ask('POST /assets', { form: late })).status).toBe(201);
    expect((await ask('POST /assets', { form: uploadForm('other', 'x.pdf') })).json()).toMatchObject({
      message: 'Unsupported file type .pdf',
    });
    const empty = await ask('POST /assets', { form: uploadForm('') });
    expect(empty.status).toBe(version === '3.1.0' ? 400 : 201);
  });

  it('search gives pages, the next one as a text, and the count of the page as the total', async () => {
    const album = server.library.addAlbum(server.user, 'x');
    for (let n = 0; n < 5; n += 1) album.assets.add(server.addPhoto(server.user, Buffer.from(`${n}`)));
    const page = async (number: number) =>
      (await ask('POST /search/metadata', { body: { albumIds: [album.id], size: 2, page: number } })).json()[
        'assets'
      ];
    expect(await page(1)).toMatchObject({ total: 2, count: 2, nextPage: '2' });
    expect(await page(3)).toMatchObject({ total: 1, count: 1, nextPage: null });
  });

  it('search leaves out what is archived only where the version does by default', async () => {
    const album = server.library.addAlbum(server.user, 'x');
    album.assets.add(server.addPhoto(server.user, Buffer.from('a'), { visibility: 'archive' }));
    const answer = (await ask('POST /search/metadata', { body: { albumIds: [album.id] } })).json();
    expect(answer['assets']).toMatchObject({ count: version === '3.1.0' ? 1 : 0 });
  });

  it('an asset that somebody shared can be read and not deleted', async () => {
    const other = server.addUser('owner@example.dev');
    const album = server.library.addAlbum(other, 'x');
    const photo = server.addPhoto(other, Buffer.from('theirs'));
    album.assets.add(photo);
    expect((await ask('GET /assets/{id}', { id: photo.id })).status).toBe(400);
    album.users.set(server.user, 'editor');
    expect((await ask('GET /assets/{id}', { id: photo.id })).status).toBe(200);
    expect((await ask('DELETE /assets', { body: { ids: [photo.id], force: true } })).status).toBe(400);
    expect(existsSync(server.library.hostPath(photo.path))).toBe(true);
  });

  it('a forced delete takes the file, the row and its places in albums', async () => {
    const photo = server.addPhoto(server.user, Buffer.from('mine'));
    const album = server.library.addAlbum(server.user, 'x');
    album.assets.add(photo);
    expect((await ask('DELETE /assets', { body: { ids: [photo.id], force: true } })).status).toBe(204);
    await expect.poll(() => existsSync(server.library.hostPath(photo.path))).toBe(false);
    expect(album.assets.size).toBe(0);
    expect((await ask('DELETE /assets', { body: { ids: [] } })).status).toBe(204);
  });

  it('a clip is hidden behind its still, leaves its albums, and goes with the last still that it belongs to', async () => {
    const clip = server.addPhoto(server.user, Buffer.from('clip'), { name: 'clip.mp4' });
    const album = server.library.addAlbum(server.user, 'x');
    album.assets.add(clip);
    const stills: string[] = [];
    for (const bytes of ['one', 'two']) {
      const form = uploadForm(bytes);
      form.set('livePhotoVideoId', clip.id);
      // The file stays the last field.
      const file = form.get('assetData') as File;
      form.delete('assetData');
      form.append('assetData', file);
      stills.push(String((await ask('POST /assets', { form })).json()['id']));
    }
    expect([clip.visibility, album.assets.size]).toEqual(['hidden', 0]);
    const still = (await ask('GET /assets/{id}', { id: stills[0] ?? '' })).json();
    expect(still['livePhotoVideoId']).toBe(clip.id);
    const schema = extract.calls['GET /assets/{id}']?.answers['200'];
    expect(schema ? mismatches(schema, still, extract) : []).toEqual([]);
    for (const [index, id] of stills.entries()) {
      await ask('DELETE /assets', { body: { ids: [id], force: true } });
      await expect.poll(() => server.library.assets.has(id)).toBe(false);
      expect(server.library.assets.has(clip.id)).toBe(index === 0);
    }
    expect(existsSync(server.library.hostPath(clip.path))).toBe(false);
  });

  it('nothing but a video of its own can be behind a still', async () => {
    const { user } = server;
    const theirs = server.addPhoto(server.addUser('owner@example.dev'), Buffer.from('v'), { name: 'v.mp4' });
    const photo = server.addPhoto(user, Buffer.from('photo'));
    for (const [id, message] of [
      [crypto.randomUUID(), 'Live photo video not found'],
      [photo.id, 'Live photo video must be a video'],
      [theirs.id, 'Live photo video does not belong to the user'],
    ] as const) {
      const form = uploadForm('still');
      form.set('livePhotoVideoId', id);
      const answer = await ask('POST /assets', { form });
      expect([answer.status, answer.json()['message']]).toEqual([400, message]);
    }
  });

  it('the storage template moves a file: `.jpeg` becomes `.jpg`, a taken name gets a number', async () => {
    const [one, two] = ['a', 'b'].map((text) =>
      server.addPhoto(server.user, Buffer.from(text), { name: 'my photo.jpeg' }),
    );
    for (const asset of [one, two]) if (asset !== undefined) server.library.applyTemplate(asset);
    const year = new Date().getUTCFullYear();
    expect([one?.path, two?.path]).toEqual(
      ['my photo', 'my photo+1'].map(
        (name) => `/usr/src/app/upload/library/${server.user.id}/${year}/${name}.jpg`,
      ),
    );
    expect(readFileSync(server.library.hostPath(two?.path ?? ''), 'utf8')).toBe('b');
  });
});
