/** What a check has to offer, and the buttons for it. */
import type { App } from '../app.ts';
import type { Report } from '../report.ts';
import type { Action } from '../report/actions.ts';
import type { ReleaseState } from '../report/releases.ts';
import type { ServiceState } from '../report/services.ts';
import type { Store } from '../store.ts';
import { recall, type ReleaseMemory } from './release-memory.ts';

/** Something that can be had now, or that a person has to decide upon. */
export const isOffered = ({ verdict, key }: ReleaseState): boolean =>
  key !== undefined &&
  (['newer-image', 'pinned', 'major'].includes(verdict.kind) ||
    (verdict.kind === 'blocked' && verdict.reason.kind === 'vectors'));

/** Where the configuration names a version, the deploy is its owner's, and can be made ready. */
const isUpdatable = ({ verdict, key, images }: ReleaseState): boolean =>
  key !== undefined && (verdict.kind === 'newer-image' || (verdict.kind === 'pinned' && images.length > 0));

const ORDER: readonly ReleaseState['verdict']['kind'][] = [
  'newer-image',
  'pinned',
  'major',
  'blocked',
  'awaited',
  'unknown',
  'local',
  'untracked',
  'fresh',
];

/** What there is to be had first, what is fresh last. */
export const offersFirst = (states: readonly ReleaseState[]): ReleaseState[] =>
  states.toSorted((one, other) => ORDER.indexOf(one.verdict.kind) - ORDER.indexOf(other.verdict.kind));

/** What the last check found, for the state of a service; nothing once something else runs. */
export function availableIn(store: Pick<Store, 'facts'>, service: ServiceState): ServiceState {
  const memory = recall(store, service.name);
  const last = memory?.last;
  if (last === undefined || !['newer-image', 'pinned'].includes(last.verdict.kind)) return service;
  if (isSkipped(memory, last) || (service.version !== undefined && service.version !== last.from))
    return service;
  const key = isUpdatable(last) ? last.key : undefined;
  return {
    ...service,
    available: {
      version: last.to,
      publishedAt: last.publishedAt,
      ...(key === undefined ? {} : { key }),
    },
  };
}

export const isSkipped = (memory: ReleaseMemory | undefined, { key }: ReleaseState): boolean =>
  key !== undefined && memory?.skipped.includes(key) === true;

/** Digests have 64 digits; a person reads 12. */
export const shortKey = (key: string): string => key.replace(/^(sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1');

/**
 * The buttons of one service. Each carries what the message shows, so that a tap on an old one never means a newer thing.
 */
export function offerActions(state: ReleaseState): Action[][] {
  const { name, key, verdict } = state;
  if (verdict.kind === 'blocked' && verdict.reason.kind === 'skipped') {
    return [[{ label: 'unskip', command: 'skip', args: [name, 'none'] }]];
  }
  if (key === undefined || !isOffered(state)) return [];
  const remind = (label: Action['label'], when: string): Action => ({
    label,
    command: 'remind',
    args: [name, when, key],
  });
  return [
    [...updateAction(state), { label: 'skip', subject: shortKey(key), command: 'skip', args: [name, key] }],
    [
      remind('remind-saturday', 'saturday'),
      remind('remind-tomorrow', 'tomorrow'),
      remind('remind-week', 'week'),
    ],
  ];
}

/** Several services: what is asked of most, and the rest behind a tap on the name. */
export function listActions(states: readonly ReleaseState[]): Action[][] {
  const offered = states.filter(isOffered);
  const [only, ...others] = offered;
  if (only !== undefined && others.length === 0) return offerActions(only);
  const rows = offered.map((state): Action[] => {
    const { name, key = '' } = state;
    const more: Action = { label: 'service', subject: name, command: 'check', args: [name] };
    return isUpdatable(state)
      ? [...updateAction(state), more]
      : [more, { label: 'skip', subject: shortKey(key), command: 'skip', args: [name, key] }];
  });
  const all: Action = { label: 'update-all', command: 'update', args: ['all'] };
  const byItself = offered.filter(({ verdict }) => verdict.kind === 'newer-image');
  return byItself.length > 1 ? [...rows, [all]] : rows;
}

/** What the last checks have found, for whoever asks without a name. */
export function availableUpdates(app: Pick<App, 'services' | 'store' | 'clock'>): Report {
  const states = offersFirst(
    app.services.all.flatMap(({ name }) => {
      const memory = recall(app.store, name);
      const last = memory?.last;
      return last === undefined || !isOffered(last) || isSkipped(memory, last) ? [] : [last];
    }),
  );
  return {
    kind: 'releases',
    why: 'known',
    services: states,
    silent: [],
    at: app.clock.now(),
    actions: [...listActions(states), [{ label: 'check', command: 'check', args: [] }]],
  };
}

const updateAction = (state: ReleaseState): Action[] =>
  isUpdatable(state)
    ? [
        {
          label: 'update',
          subject: state.name,
          command: 'update',
          args: [state.name, state.key ?? ''],
          style: 'primary',
        },
      ]
    : [];
