/** One line of the result: what was measured, beside what, and whether it is as wished. */
import { median, quantile } from './numbers.ts';

export type Unit = 'ms' | 's' | 'MB' | '%' | 'requests' | 'troubles' | 'alerts';

export type Row = {
  name: string;
  unit: Unit;
  /** Medians of the rounds. */
  ours: number;
  reference: number | undefined;
  /** Ours divided by the reference's, median of the rounds; below 1 is better. */
  ratio: number | undefined;
  /** The most that is wished. */
  aim: number | undefined;
  aimOf: 'ratio' | 'ours';
  met: boolean | undefined;
  /** The middle half of the rounds: of their ratios, or of `ours` where there is nothing beside it. */
  spread: readonly [number, number];
  rounds: number;
  /** What a reader of the number has to know. */
  note?: string;
};

export type About = {
  unit: Unit;
  aim?: number;
  /** `ours` where there is nothing beside it, else `ratio`. */
  aimOf?: Row['aimOf'];
  note?: string;
};

/** @param reference of the same rounds, in the same order */
export function compare(
  name: string,
  { ours, reference }: { ours: readonly number[]; reference: readonly number[] },
  { unit, aim, aimOf = 'ratio', note }: About,
): Row {
  const ratios = ours.map((value, round) => value / (reference[round] ?? Number.NaN));
  const [own, ratio] = [median(ours), median(ratios)];
  return {
    name,
    unit,
    ours: own,
    reference: median(reference),
    ratio,
    aim,
    aimOf,
    met: aim === undefined ? undefined : (aimOf === 'ratio' ? ratio : own) <= aim,
    spread: middleHalf(ratios),
    rounds: ours.length,
    ...(note === undefined ? {} : { note }),
  };
}

/** A number with nothing beside it. */
export function single(name: string, ours: readonly number[], { unit, aim, note }: About): Row {
  const own = median(ours);
  return {
    name,
    unit,
    ours: own,
    reference: undefined,
    ratio: undefined,
    aim,
    aimOf: 'ours',
    met: aim === undefined ? undefined : own <= aim,
    spread: middleHalf(ours),
    rounds: ours.length,
    ...(note === undefined ? {} : { note }),
  };
}

const middleHalf = (values: readonly number[]) => [quantile(values, 0.25), quantile(values, 0.75)] as const;
