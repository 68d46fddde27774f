/** Parameters of a call, whichever way they came: query, JSON, form or multipart with files. */
import { ApiError, badRequest } from './api-error.ts';
import { multipart } from './multipart.ts';

export type Upload = { name: string; type: string; bytes: Uint8Array };

export type Params = {
  values: Record<string, unknown>;
  uploads: ReadonlyMap<string, Upload>;
};

const unreadable = (): ApiError => new ApiError(400, "Bad Request: can't parse request: unexpected body");

/** Reads query and body of a request; later sources win. @throws ApiError 400 */
export function readParams(query: URLSearchParams, contentType: string, body: Uint8Array): Params {
  const values: Record<string, unknown> = Object.fromEntries(query);
  const uploads = new Map<string, Upload>();
  if (body.length === 0) return { values, uploads };
  if (/^application\/json\b/i.test(contentType)) {
    const parsed = parseJson(Buffer.from(body).toString('utf8'), unreadable);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw unreadable();
    Object.assign(values, parsed);
  } else if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    Object.assign(values, Object.fromEntries(new URLSearchParams(Buffer.from(body).toString('utf8'))));
  } else if (/^multipart\/form-data\b/i.test(contentType)) {
    const parts = multipart(contentType, body);
    if (!parts) throw unreadable();
    for (const { name, fileName, type, bytes } of parts) {
      if (fileName === undefined) values[name] = Buffer.from(bytes).toString('utf8');
      else uploads.set(name, { name: baseName(fileName), type, bytes });
    }
  }
  return { values, uploads };
}

/** Telegram drops folders from a file's name. */
const baseName = (name: string): string => name.split(/[/\\]/).at(-1) ?? '';

function parseJson(source: string, error: () => Error): unknown {
  try {
    return JSON.parse(source);
  } catch {
    throw error();
  }
}

/** A string; numbers and booleans as they are written, nothing as ''. */
export function text(params: Params, name: string): string {
  const value = params.values[name];
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A whole number, `otherwise` where there is none, held between `least` and `most`. */
export function integer(
  params: Params,
  name: string,
  otherwise: number,
  least = -Infinity,
  most = Infinity,
): number {
  const value = text(params, name);
  const number = /^-?[0-9]+$/.test(value) ? Number(value) : otherwise;
  return Math.min(most, Math.max(least, number));
}

/** `true`, `yes` and `1` mean yes, as on the real server. */
export const flag = (params: Params, name: string): boolean => /^(true|yes|1)$/i.test(text(params, name));

/** An object or array, given as JSON in a string or (in a JSON body) as it is. */
export function json(params: Params, name: string, what = name): unknown {
  const value = params.values[name];
  if (typeof value !== 'string') return value ?? undefined;
  if (value.trim() === '') return undefined;
  return parseJson(value, () => badRequest(`can't parse ${what} JSON object`));
}
