/** When an alert has to be open, told from the whole past of a thing. Times in seconds. */

export type Moment = {
  isLeft: boolean;
  engineAway: boolean;
  parts: readonly {
    is: 'runs' | 'ill' | 'failed' | 'stopped' | 'starts';
    since: number;
    upAt: number;
    count: number;
  }[];
};

type Truth = 'well' | 'bad' | 'stopped' | 'coming' | 'unknown' | 'left';
type Seen = { at: number; truth: Truth; since: number; upAt: number };

const WINDOW = 600;

export function createModel({
  after,
  settle,
  patience,
}: {
  after: number;
  settle: number;
  patience: number;
}) {
  let past: Seen[] = [];
  let ends: { count: number; at: number[] }[] = [];
  let wellSince: number | undefined;
  let endedAt = 0;
  const model = {
    openedAt: undefined as number | undefined,
    times: 0,
    lasted: 0,
    /** Steward starts anew. */
    restart(at: number) {
      past = past.filter((seen) => seen.at >= at);
      ends = [];
      wellSince = undefined;
    },
    see(at: number, moment: Moment) {
      const seen = look(at, moment);
      past.push(seen);
      if (model.openedAt === undefined) begin(seen);
      else end(seen, model.openedAt);
    },
  };

  function look(at: number, { isLeft, engineAway, parts }: Moment): Seen {
    const upAt = Math.max(...parts.map((part) => part.upAt));
    if (isLeft) {
      ends = [];
      return { at, truth: 'left', since: at, upAt };
    }
    const loops = parts.map(({ count }, index) => loopOf(index, count, at));
    const is = (state: string) => parts.some((part) => part.is === state);
    // That one is ill only the engine can say.
    const fine = ['runs', 'starts', ...(engineAway ? ['ill'] : [])];
    const cause = parts.findIndex((part, index) => loops[index] !== undefined || !fine.includes(part.is));
    const since = loops[cause] ?? parts[cause]?.since ?? at;
    const looping = loops.some((loop) => loop !== undefined);
    const truth = ((): Truth => {
      if (is('failed')) return 'bad';
      if (engineAway && (is('runs') || is('ill'))) return 'unknown';
      if (is('ill')) return 'bad';
      if (is('starts')) return looping ? 'bad' : 'coming';
      if (is('stopped')) return 'stopped';
      return looping ? 'bad' : 'well';
    })();
    return { at, truth, since, upAt };
  }

  /** @returns since when it loops */
  function loopOf(index: number, count: number, at: number): number | undefined {
    const known = (ends[index] ??= { count, at: [] });
    if (count < known.count) known.at = [];
    if (count > known.count) known.at = [...known.at.filter((one) => at - one < WINDOW), at];
    known.count = count;
    const last = known.at.at(-1);
    if (last === undefined || known.at.length < 3) return undefined;
    const longest = Math.max(...known.at.map((one, place) => one - (known.at[place - 1] ?? one)));
    return at < last + Math.min(WINDOW, settle + 2 * longest) ? known.at[0] : undefined;
  }

  /** The latest moments in a row of which each is one of these, the oldest first; it begins with the first of the two. */
  function run(truth: Truth): Seen[] {
    const from = past.findLastIndex((one) => one.truth !== truth && one.truth !== 'unknown') + 1;
    const row = past.slice(from);
    return row.slice(
      Math.max(
        0,
        row.findIndex((one) => one.truth === truth),
      ),
    );
  }

  function begin(seen: Seen): void {
    const since = beginning(seen);
    if (since === undefined) return;
    const limit = seen.truth === 'coming' ? patience : after;
    if (seen.at - since < limit) return;
    model.openedAt = model.times === 0 ? since : Math.max(since, endedAt);
    model.times += 1;
    wellSince = undefined;
  }

  function beginning({ truth, at }: Seen): number | undefined {
    if (truth === 'coming') return run('coming')[0]?.at;
    if (truth !== 'bad') return undefined;
    const left = past.findLast((one) => one.truth === 'left')?.at ?? 0;
    const bad = run('bad').filter((one) => one.truth === 'bad');
    return Math.max(left, Math.min(at, ...bad.map((one) => Math.min(one.at, one.since))));
  }

  function end(seen: Seen, openedAt: number): void {
    if (seen.truth === 'stopped') {
      const since = run('stopped')[0]?.at ?? seen.at;
      if (seen.at - since >= after) close(since, openedAt);
    }
    if (seen.truth !== 'well') {
      if (seen.truth !== 'unknown') wellSince = undefined;
      return;
    }
    if (wellSince === undefined) {
      const before = past.slice(0, -1).findLast((one) => one.truth !== 'unknown')?.truth;
      wellSince = before !== 'bad' && seen.upAt > openedAt ? seen.upAt : seen.at;
    }
    if (seen.at - wellSince >= settle) close(wellSince, openedAt);
  }

  function close(at: number, openedAt: number): void {
    endedAt = Math.max(at, openedAt);
    model.lasted += endedAt - openedAt;
    model.openedAt = undefined;
  }

  return model;
}
