/** What a compose file says of a service's image. Compose reads the file; here one answer is looked up in it. */
import { readDocument } from './document.ts';

/**
 * @param files in the order that compose was given them: a later one overrides an earlier one
 * @returns `pull_policy`; undefined where none says one, and for what cannot be read
 */
export function pullPolicyIn(files: readonly string[], service: string): string | undefined {
  return files.map((file) => policyOf(file, service)).findLast((policy) => policy !== undefined);
}

function policyOf(file: string, service: string): string | undefined {
  const document = readDocument(file);
  if ('faults' in document) return undefined;
  const policy = at(at(at(document.data, 'services'), service), 'pull_policy');
  return typeof policy === 'string' ? policy : undefined;
}

const at = (part: unknown, key: string): unknown =>
  typeof part === 'object' && part !== null ? (part as Record<string, unknown>)[key] : undefined;
