/** Images of an engine: what is here, what is pulled, and the names that they go by. */
import type { ImageInfo } from 'dockerode';
import { causeOf, UnreachableError } from '../../errors.ts';
import { sleep } from '../../sleep.ts';
import type { CallOptions, Image } from '../engine.ts';
import type { Connection } from './connection.ts';
import { IMAGE } from './names.ts';
import * as shapes from './shapes.ts';

export type ImageSummary = Pick<Image, 'id' | 'tags' | 'digests' | 'createdAt' | 'size' | 'labels'> & {
  /**
   * `repository@sha256:…`: names that a pull by digest leaves on Podman. They keep an image as a tag does, and
   * `untag` takes them away.
   */
  digestNames: readonly string[];
  /** Id of the one that it was built upon, where that is here. */
  parent: string | undefined;
};

export type Login = { username: string; password: string };

export type PullOptions = CallOptions & {
  /** Milliseconds without a word about the progress; not the whole pull. */
  timeout?: number;
  /** Podman finds those of its own `auth.json` by itself, Docker's engine knows none. */
  credentials?: Login;
  /** Bytes of the layers that are not here yet, as far as told: small layers come without a word. */
  progress?: (done: number, total: number | undefined) => void;
};

export type EngineImages = {
  /**
   * @param options.remembered as it was when it was last asked for, where it was: what an id stands for never changes,
   *   its tags and digests may have since. Podman takes some 60 ms for each image.
   * @returns undefined when there is no such image
   */
  image(name: string, options?: CallOptions & { remembered?: boolean }): Promise<Image | undefined>;
  /** All images; with `all` also those without a name that only lie below another one. */
  images(options?: CallOptions & { all?: boolean }): Promise<ImageSummary[]>;
  /**
   * Pull an image and move its name here; a digest moves no tag. Ended by its signal it leaves nothing.
   * @param image fully written: `ghcr.io/a/b:tag` or `ghcr.io/a/b@sha256:…`
   * @throws Error with the engine's words, or when its answer ends without an image that is then here under the name;
   *   UnreachableError when it falls silent or breaks off
   */
  pull(image: string, options?: PullOptions): Promise<Image>;
  /**
   * Give an image another name; the name leaves the image that has it.
   * @param image id or name
   * @param name fully written: `steward.local/next/b:tag`
   * @throws Error when the image is not here
   */
  tag(image: string, name: string, options?: CallOptions): Promise<void>;
  /**
   * Take a name away, and only the name; one that is not there is left alone. An image that a container was made
   * from stays in any case: its last name cannot be taken.
   * @param name fully written, with a tag or a digest
   * @param options.removes also where it is the image's last name, and the image goes with it
   * @throws Error for the last name otherwise
   */
  untag(name: string, options?: CallOptions & { removes?: boolean }): Promise<void>;
};

/** Milliseconds. */
export type ChangeLimits = {
  /** That a change of images or containers may take. */
  change: number;
  /** That a pull may say nothing. */
  silence: number;
};

/** The unpacking of a large layer on a slow disk says nothing for minutes. */
const SILENCE = 5 * 60_000;
/** While Podman unpacks a layer, everything that concerns images waits; removing one of many gigabytes takes its time, too. */
export const CHANGE = 2 * 60_000;

/** With its registry, and a tag or a digest: engines differ in what they take a shorter name for. */
const FULL_NAME =
  /^((?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z0-9-]+|[a-z0-9.-]+:\d+)\/[a-z0-9][a-z0-9._/-]*)(?::([\w][\w.-]{0,127})|@(sha256:[0-9a-f]{64}))$/;

function parseFull(
  name: string,
  doing: string,
): { repository: string; tag: string | undefined; digest: string | undefined } {
  const [, repository, tag, digest] = FULL_NAME.exec(name) ?? [];
  if (repository === undefined) {
    throw new Error(`Cannot ${doing}: expected a name with its registry, and a tag or a digest`);
  }
  return { repository, tag, digest };
}

/** Images that are remembered; a home server runs a few dozen. */
const MOST_KNOWN = 500;

/** A list takes milliseconds, so that each try meets one removal at most. */
const TRIES = 10;
const PAUSE = 50;

export function createImages(
  connection: Connection,
  { change = CHANGE, silence: longestSilence = SILENCE }: Partial<ChangeLimits> = {},
): EngineImages {
  /** By id, the one that was asked for last at the end. */
  const known = new Map<string, Image>();
  /** Podman reads all images for either, and gives up when one of them, be it another, is removed meanwhile. */
  const again = async <T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (tries === TRIES || !/image not known/.test(causeOf(error))) throw error;
        await sleep(PAUSE, signal);
      }
    }
  };
  const inspect = async (name: string, options?: CallOptions) =>
    IMAGE.test(name)
      ? again(
          () =>
            connection.callUnless(
              [404],
              `inspect the image "${name}"`,
              (docker, signal) => docker.getImage(name).inspect(signal as object),
              options,
            ),
          options?.signal,
        )
      : undefined;
  const list = ({ all = false, ...options }: CallOptions & { all?: boolean; timeout?: number } = {}): Promise<
    ImageInfo[]
  > =>
    again(
      () =>
        connection.call(
          'list the images',
          (docker, signal) => docker.listImages({ all, ...signal }),
          options,
        ),
      options.signal,
    );

  const images: EngineImages = {
    async image(name, { remembered = false, ...options } = {}) {
      const before = remembered ? known.get(name) : undefined;
      if (before !== undefined) return before;
      const raw = await inspect(name, options);
      if (raw === undefined) return undefined;
      const image = shapes.toImage(raw);
      known.delete(image.id);
      known.set(image.id, image);
      if (known.size > MOST_KNOWN) known.delete(known.keys().next().value as string);
      return image;
    },
    async images(options) {
      return (await list(options)).map(shapes.toImageSummary);
    },
    async pull(name, { signal, timeout = longestSilence, credentials, progress = () => {} } = {}) {
      const doing = `pull "${name}"`;
      const { repository, tag, digest } = parseFull(name, doing);
      const silence = new AbortController();
      const timer = setTimeout(
        () =>
          silence.abort(
            new UnreachableError(`Cannot ${doing}: the engine told no progress for ${timeout / 1000} s.`),
          ),
        timeout,
      );
      const ends = AbortSignal.any([silence.signal, ...(signal === undefined ? [] : [signal])]);
      try {
        const stream = await connection.stream(
          doing,
          {
            method: 'POST',
            path: '/images/create',
            query: { fromImage: repository, tag: tag ?? digest },
            options: {},
            ...(credentials === undefined ? {} : { login: credentials }),
          },
          // Podman 5 answers only once it has found the registry.
          { signal: ends, timeout },
        );
        const told = await followPull(stream, { doing, progress, onWord: () => timer.refresh() });
        const image = await images.image(name, signal === undefined ? {} : { signal });
        if (image === undefined || !isThat(told, image)) {
          throw new Error(`Cannot ${doing}: the engine’s answer ended before the image was there`);
        }
        return image;
      } catch (error) {
        ends.throwIfAborted();
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    async tag(image, name, options) {
      const doing = `name "${image}" "${name}"`;
      const { repository: repo, tag } = parseFull(name, doing);
      if (tag === undefined || !IMAGE.test(image)) throw new Error(`Cannot ${doing}: no such image or name`);
      await connection.call(
        doing,
        (docker, { abortSignal }) => docker.getImage(image).tag({ repo, tag, abortSignal }),
        { timeout: change, ...options },
      );
    },
    async untag(name, { removes = false, ...options } = {}) {
      const doing = `take the name "${name}" away`;
      const { digest } = parseFull(name, doing);
      const call = { timeout: change, ...options };
      const id = (await inspect(name, call))?.Id;
      if (id === undefined) return;
      const raw = (await list(call)).find((one) => shapes.imageId(one.Id) === shapes.imageId(id));
      const names = raw === undefined ? [] : shapes.namesOf(raw);
      // An image is found by any of its digests, also by one that no name is made of.
      if (digest !== undefined && names.length > 0 && !names.includes(name)) return;
      if (!removes && names.length <= 1) throw new Error(`Cannot ${doing}: it is the image’s last name`);
      await connection.callUnless(
        [404],
        doing,
        (docker, signal) => docker.getImage(name).remove(signal as object),
        call,
      );
    },
  };
  return images;
}

/** A line of the answer to a pull. */
type Word = {
  status?: string;
  id?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
  errorDetail?: { message?: string };
};

/** What the engine says that it has pulled: the beginning of an id (Podman), a digest (Docker). */
type Told = { id: string | undefined; digest: string | undefined };

/** @throws Error with the engine's words for a failure, which comes inside an answer that began well */
async function followPull(
  stream: AsyncIterable<Uint8Array>,
  {
    doing,
    progress,
    onWord,
  }: { doing: string; progress: (done: number, total: number | undefined) => void; onWord: () => void },
): Promise<Told> {
  const told: Told = { id: undefined, digest: undefined };
  const layers = new Map<string, { done: number; total: number | undefined }>();
  try {
    for await (const { status = '', id = '', progressDetail, error, errorDetail } of words(stream)) {
      onWord();
      const wrong = errorDetail?.message ?? error;
      if (wrong !== undefined) throw new Error(`Cannot ${doing}: ${explain(wrong.trim())}`);
      told.digest = /^Digest: (sha256:[0-9a-f]{64})$/.exec(status)?.[1] ?? told.digest;
      const layer = layers.get(id);
      if (status === 'Pulling fs layer') layers.set(id, { done: 0, total: undefined });
      else if (status === 'Downloading' && progressDetail?.current !== undefined) {
        layers.set(id, { done: progressDetail.current, total: progressDetail.total });
        tell(layers, progress);
      } else if (status === 'Download complete') {
        told.id = id;
        if (layer?.total !== undefined && layer.done < layer.total) {
          layers.set(id, { done: layer.total, total: layer.total });
          tell(layers, progress);
        }
      }
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ECONNRESET') throw cause;
    throw new UnreachableError(`Cannot ${doing}: the engine broke off its answer.`, { cause });
  }
  return told;
}

/** Which temporary file it was helps nobody. */
const explain = (wrong: string): string =>
  /no space left on device/.test(wrong) ? 'no space left on the disk of its images' : wrong;

function tell(
  layers: ReadonlyMap<string, { done: number; total: number | undefined }>,
  progress: (done: number, total: number | undefined) => void,
): void {
  let done = 0;
  let total: number | undefined = 0;
  for (const layer of layers.values()) {
    done += layer.done;
    total = total === undefined || layer.total === undefined ? undefined : total + layer.total;
  }
  progress(done, total);
}

async function* words(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Word> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const texts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = texts.pop() ?? '';
    for (const text of texts) if (text.trim() !== '') yield JSON.parse(text) as Word;
  }
  // Half a word is an answer that was cut: it tells nothing.
}

/** A tag may still give the image of before. */
const isThat = (told: Told, image: Image): boolean =>
  (told.id !== undefined && told.id !== '' && image.id.slice('sha256:'.length).startsWith(told.id)) ||
  (told.digest !== undefined && image.digests.some((name) => name.endsWith(`@${told.digest}`)));
