/** What could not be looked at: nobody can say that it is well. */
import type { App } from '../../app.ts';
import type { Report } from '../../report.ts';
import type { BackupsReport } from '../../report/backups.ts';
import type { Unseen } from '../../report/overview.ts';
import { NOT_LOOKED } from '../smoke-test.ts';
import type { NotLooked } from '../smoke/check.ts';

/** The daily look at what is neither a service nor a disk. */
const SMOKE_TEST = 'smoke-test';
/** A day, and what a slow machine and a late start take. Milliseconds. */
const STALE = 26 * 3_600_000;

type Seen = {
  status: Extract<Report, { kind: 'status' }>;
  backups: Extract<BackupsReport, { kind: 'backups' }>;
  at: number;
};

export function unseenIn({ store }: Pick<App, 'store'>, { status, backups, at }: Seen): Unseen[] {
  return [
    ...status.hosts.flatMap(({ name, trouble }): Unseen[] =>
      trouble === undefined ? [] : [{ kind: 'host', name, cause: trouble }],
    ),
    // Those of a host that is away are told with it.
    ...status.services.flatMap(({ name, state, trouble }): Unseen[] =>
      state === 'unknown' && trouble?.kind !== 'host-unreachable' ? [{ kind: 'service', name }] : [],
    ),
    ...(backups.lost === undefined ? [] : [{ kind: 'backups' as const, cause: backups.lost }]),
    ...status.disks.flatMap((disk): Unseen[] =>
      'lost' in disk && disk.lost === 'silent' ? [{ kind: 'disk', path: disk.path }] : [],
    ),
    ...smokeTest(store, at),
  ];
}

function smokeTest(store: App['store'], at: number): Unseen[] {
  const last = store.runs.last(SMOKE_TEST);
  const lastAt = last?.endedAt;
  if (last?.outcome !== 'done' || lastAt === undefined || at - lastAt > STALE) {
    return [{ kind: 'smoke-test', lastAt }];
  }
  const missed = store.facts.get<readonly NotLooked[]>(NOT_LOOKED) ?? [];
  return missed.map(({ key, why }) => {
    const [, kind = key, subject = ''] = /^([^:]*:)(.*)$/.exec(key) ?? [];
    return { kind: 'check', key: kind, ...(subject === '' ? {} : { subject }), cause: why };
  });
}
