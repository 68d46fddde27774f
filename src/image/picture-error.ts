import type { PictureProblem } from '../report/pictures.ts';

/** A picture cannot be made readable; `problem` says why, in plain data. */
export class PictureError extends Error {
  override name = 'PictureError';
  readonly problem: PictureProblem;

  constructor(problem: PictureProblem, options?: ErrorOptions) {
    super(`Cannot make the picture readable: ${problem.kind}`, options);
    this.problem = problem;
  }
}

/** What libvips puts before its reason: which input it was, and which of its parts speaks. */
const SPEAKERS = /^(Input (file|buffer) has corrupt header: )?(\w*vips\w*|\w+load\w*): /i;

/** A decoder gives its whole log; the first line says what happened. */
export const plainCause = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(SPEAKERS, '').trim() ?? '';
