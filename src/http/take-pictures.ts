/** Files that came become pictures of the queue, and their paths the answer. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sniffFile } from '../image/sniff.ts';
import { stemOf } from '../pictures/names.ts';
import { reportOf } from '../pictures/report.ts';
import type { Uploads } from '../pictures/uploads.ts';
import type { PictureProblem } from '../report/pictures.ts';
import { plain } from '../rich.ts';
import type { PictureRow } from '../store/pictures.ts';
import type { Texts } from '../texts/index.ts';
import type { Answer } from './answer.ts';
import type { Body, Received } from './receive.ts';

type Options = {
  uploads: Uploads;
  chat: number;
  /** PICTURES_DIR. */
  folder: string;
  texts: Texts;
  /** Until when the answer waits for pictures to be readable. */
  signal: AbortSignal;
};

/** What an answer says of one file. */
type Told = {
  number: number | null;
  /** While its format is open, a pattern that only it will match. */
  path: string | null;
  tiles: readonly string[];
  width: number | null;
  height: number | null;
  state: 'receiving' | 'ready' | 'filed' | 'refused' | 'gone';
  problem: { kind: string; message: string } | null;
};

const REFUSED: Partial<Record<PictureProblem['kind'], number>> = {
  empty: 400,
  'not-an-image': 415,
  unsupported: 415,
  'disk-full': 507,
};
const REFUSED_OTHERWISE = 422;

/** What is no picture at all is refused here, without a card. */
export async function takePictures({ files, caption }: Body, options: Options): Promise<Answer> {
  const { uploads, chat, signal } = options;
  const judged = await Promise.all(files.map(async (file) => ({ file, problem: await problemOf(file) })));
  const good = judged.filter(({ problem }) => problem === undefined).map(({ file }) => file);
  const tickets = await uploads.take(good, { chat, caption });
  await Promise.all(
    judged.filter(({ problem }) => problem !== undefined).map(({ file }) => rm(file.path, { force: true })),
  );

  const rows = await uploads.outcome(tickets, signal);
  const told = judged.map(({ problem }): Told => {
    if (problem !== undefined)
      return { ...NOTHING, state: 'refused', problem: worded(problem, options.texts) };
    return describe(rows.shift(), options);
  });
  return {
    status: statusOf(told),
    lines: told.map(({ path, problem }) => path ?? problem?.message ?? ''),
    body: { pictures: told },
  };
}

async function problemOf({ path }: Received): Promise<PictureProblem | undefined> {
  const kind = await sniffFile(path);
  if (kind === undefined) return { kind: 'empty' };
  return kind.kind === 'other' ? { kind: 'not-an-image', found: kind.found } : undefined;
}

const NOTHING = { number: null, path: null, tiles: [], width: null, height: null } as const;

const worded = (problem: PictureProblem, texts: Texts) => ({
  kind: problem.kind,
  message: plain(texts.pictures.problem(problem)).replaceAll(/\s*\n\s*/g, ' '),
});

function describe(row: PictureRow | undefined, { folder, texts }: Options): Told {
  const [picture] =
    row === undefined
      ? []
      : reportOf([row], { folder, waiting: 0, immich: 'on', service: undefined, webUrl: undefined }).pictures;
  if (picture === undefined)
    return { ...NOTHING, state: 'gone', problem: worded({ kind: 'lost', folder }, texts) };
  const { number, state, tiles, width, height, problem } = picture;
  const pattern = state === 'receiving' ? join(folder, `${stemOf(number)}.*`) : undefined;
  return {
    number,
    path: (state === 'refused' ? undefined : picture.path) ?? pattern ?? null,
    tiles,
    width: width ?? null,
    height: height ?? null,
    state,
    problem: problem === undefined ? null : worded(problem, texts),
  };
}

/** 200 with a path for at least one of them, 202 when one of those is still being made. */
function statusOf(told: readonly Told[]): number {
  const paths = told.filter(({ path }) => path !== null);
  if (paths.length > 0) return paths.some(({ state }) => state === 'receiving') ? 202 : 200;
  const kinds = told.map(
    ({ problem }) => REFUSED[problem?.kind as PictureProblem['kind']] ?? REFUSED_OTHERWISE,
  );
  return kinds[0] ?? REFUSED_OTHERWISE;
}
