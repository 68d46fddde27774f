/** What a schema found wrong, as faults in the owner's words. */
import type { z } from 'zod';
import type { Fault } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { createRedact } from '../redact.ts';
import { describeSecret } from '../config/variables.ts';
import type { YamlDocument } from './document.ts';
import { ONE_OF } from './schema.ts';

/** Addresses that let anyone who has them say that a service is well. */
const SECRET_KEYS: readonly PropertyKey[] = ['heartbeat'];

const isSecret = (place: readonly PropertyKey[]): boolean =>
  SECRET_KEYS.includes(place.at(-1) ?? '') || place[0] === 'heartbeats';

const redact = createRedact([]);

/**
 * @param path where the checked part stands in the document
 * @param part the data that was checked
 */
export function faultsOf(
  issues: readonly z.core.$ZodIssue[],
  { document, path, part }: { document: YamlDocument; path: readonly PropertyKey[]; part: unknown },
): Fault[] {
  return issues.flatMap((issue) => {
    const place = [...path, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKey(document, [...place, key], knownIn(issue.message)));
    }
    const found = valueAt(part, issue.path);
    return [
      {
        where: document.where(place),
        name: nameOf(place),
        found: isSecret(place) ? describeSecret(String(found)) : describeValue(found),
        expected: issue.message,
        nearest: typeof found === 'string' ? nearest(found, knownIn(issue.message), 1)[0] : undefined,
      },
    ];
  });
}

/** @param known the keys that its map may hold */
export const unknownKey = (
  document: YamlDocument,
  path: readonly PropertyKey[],
  known: readonly string[],
): Fault => ({
  where: document.where(path),
  name: nameOf(path),
  found: 'an unknown key',
  expected: ONE_OF + known.join(', '),
  nearest: nearest(String(path.at(-1)), known, 1)[0],
});

/** `services.immich.containers[2].unit` */
export const nameOf = (path: readonly PropertyKey[]): string =>
  path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');

const knownIn = (message: string): string[] =>
  message.startsWith(ONE_OF) ? message.slice(ONE_OF.length).split(', ') : [];

/** A container's name alone stands for a map: what is wrong inside is wrong with that name. */
function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : value),
    data,
  );
}

function describeValue(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  const text = redact(JSON.stringify(value));
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
