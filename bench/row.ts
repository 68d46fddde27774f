/** One line of the result: what was measured, beside what, and whether it is as wished. */
import { median, quantile } from './numbers.ts';

export type Unit = 'ms' | 's' | 'MB' | '%';

export type Row = {
  name: string;
  unit: Unit;
  /** Medians of the rounds. */
  ours: number;
  reference: number | undefined;
  /** Ours divided by the reference's; below 1 is better. */
  ratio: number | undefined;
  /** The most that is wished: of the ratio, or of `ours` where there is nothing beside it. */
  aim: number | undefined;
  met: boolean | undefined;
  /** The middle half of the rounds: of their ratios, or of `ours` where there is nothing beside it. */
  spread: readonly [number, number];
  rounds: number;
  /** What a reader of the number has to know. */
  note?: string;
};

export type About = { unit: Unit; aim?: number; note?: string };

/** @param reference of the same rounds, in the same order */
export function compare(
  name: string,
  { ours, reference }: { ours: readonly number[]; reference: readonly number[] },
  about: About,
): Row {
  const ratios = ours.map((value, round) => value / (reference[round] ?? Number.NaN));
  const [own, other] = [median(ours), median(reference)];
  return rowOf(
    name,
    { ours: own, reference: other, ratio: own / other, spread: middleHalf(ratios) },
    ours,
    about,
  );
}

/** A number with nothing beside it. */
export function single(name: string, ours: readonly number[], about: About): Row {
  const own = median(ours);
  return rowOf(
    name,
    { ours: own, reference: undefined, ratio: undefined, spread: middleHalf(ours) },
    ours,
    about,
  );
}

function rowOf(
  name: string,
  values: Pick<Row, 'ours' | 'reference' | 'ratio' | 'spread'>,
  samples: readonly number[],
  { unit, aim, note }: About,
): Row {
  const judged = values.ratio ?? values.ours;
  return {
    name,
    unit,
    ...values,
    aim,
    met: aim === undefined ? undefined : judged <= aim,
    rounds: samples.length,
    ...(note === undefined ? {} : { note }),
  };
}

const middleHalf = (values: readonly number[]) => [quantile(values, 0.25), quantile(values, 0.75)] as const;
