/** Files that people and the bot have sent: identifiers, sizes, and the paths under which they are downloaded. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { badRequest } from './api-error.ts';

/** Bytes that a bot may download without a server of its own (tdlib/telegram-bot-api `Client.h`). */
const MAX_DOWNLOAD = 20 * 1024 * 1024;
/** Milliseconds for which a download path holds at least (core.telegram.org/bots/api#getfile). */
const PATH_LIFETIME = 3_600_000;

export type Stored = {
  id: string;
  uniqueId: string;
  folder: 'photos' | 'documents' | 'videos' | 'animations';
  name: string;
  type: string;
  /** What Telegram says; a test may claim more than there is. */
  size: number;
  /** Shared with whoever gave them, never copied. */
  bytes: Uint8Array;
  width?: number;
  height?: number;
};

export type FileToStore = Pick<Stored, 'folder' | 'name' | 'type' | 'bytes'> &
  Partial<Pick<Stored, 'size' | 'width' | 'height'>>;

export type Files = {
  store(file: FileToStore): Stored;
  find(id: string): Stored | undefined;
  /** The answer to getFile: a path to download, or with a local folder the path on disk. */
  prepare(id: string): Promise<object>;
  /** What a download path leads to, while it holds. */
  download(path: string): Stored | undefined;
  /** Telegram no longer has this file. */
  lose(id: string): void;
};

/** @param folder with one, a server in local mode: no size limit, and `getFile` gives paths below it. */
export function createFiles(now: () => number, folder?: string): Files {
  const files = new Map<string, Stored>();
  const lost = new Set<string>();
  const paths = new Map<string, { file: Stored; until: number }>();
  let count = 0;

  return {
    store(file) {
      count++;
      const stored: Stored = {
        ...file,
        // As long and as opaque as real ones.
        id: `AgAC${randomBytes(42).toString('base64url')}`,
        uniqueId: `AQAD${randomBytes(8).toString('base64url')}`,
        size: file.size ?? file.bytes.length,
      };
      files.set(stored.id, stored);
      return stored;
    },
    find: (id) => files.get(id),
    async prepare(id) {
      if (id === '') throw badRequest('file_id not specified');
      const file = files.get(id);
      if (!file) throw badRequest('invalid file_id');
      if (lost.has(id)) throw badRequest('wrong file_id or the file is temporarily unavailable');
      if (folder === undefined && file.size > MAX_DOWNLOAD) throw badRequest('file is too big');
      const extension = /\.[A-Za-z0-9]{1,8}$/.exec(file.name)?.[0] ?? '';
      let path = [...paths].find(([, each]) => each.file === file)?.[0];
      path ??= `${file.folder}/file_${count++}${extension.toLowerCase()}`;
      paths.set(path, { file, until: now() + PATH_LIFETIME });
      const answer = { file_id: file.id, file_unique_id: file.uniqueId, file_size: file.size };
      if (folder === undefined) return { ...answer, file_path: path };
      const onDisk = join(folder, path);
      await mkdir(dirname(onDisk), { recursive: true });
      await writeFile(onDisk, file.bytes);
      return { ...answer, file_path: onDisk };
    },
    download(path) {
      const found = folder === undefined ? paths.get(path) : undefined;
      return found && found.until >= now() ? found.file : undefined;
    },
    lose: (id) => lost.add(id),
  };
}
