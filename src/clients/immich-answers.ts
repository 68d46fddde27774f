/** What Immich answers, 2.x and 3.x alike: the shapes that are used, and its refusals as errors to act on. */
import { z } from 'zod';

const time = z.string().transform((text) => Date.parse(text));

export const Version = z.object({ major: z.number(), minor: z.number(), patch: z.number() });
export type Version = z.infer<typeof Version>;

export const ServerConfig = z.object({ maintenanceMode: z.boolean().optional() });

export const ImmichUser = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  /** Only of the key's own user. */
  isAdmin: z.boolean().optional(),
});
export type ImmichUser = z.infer<typeof ImmichUser>;

export const ApiKey = z.object({ permissions: z.array(z.string()) });

export const Uploaded = z.object({ id: z.string(), status: z.enum(['created', 'duplicate']) });
export type Uploaded = z.infer<typeof Uploaded>;

/** `originalPath` as Immich's container sees it, `sha1` hexadecimal, times by the server's clock. */
export const Asset = z
  .object({
    id: z.string(),
    ownerId: z.string(),
    originalPath: z.string(),
    originalFileName: z.string(),
    checksum: z.string(),
    isTrashed: z.boolean(),
    createdAt: time,
    visibility: z.string(),
  })
  .transform(({ checksum, ...asset }) => ({
    ...asset,
    sha1: Buffer.from(checksum, 'base64').toString('hex'),
  }));
export type Asset = z.infer<typeof Asset>;

export const Marks = z.array(z.object({ key: z.string(), value: z.unknown() }));

/** `userIds` are those that it is shared with; the owner may be among them. */
export const Album = z
  .object({
    id: z.string(),
    albumName: z.string(),
    createdAt: time,
    // 2.x names the owner here, 3.x among the users.
    ownerId: z.string().optional(),
    albumUsers: z.array(z.object({ role: z.string(), user: z.object({ id: z.string() }) })),
  })
  .transform(({ id, albumName, createdAt, ownerId, albumUsers }) => ({
    id,
    name: albumName,
    createdAt,
    ownerId: ownerId ?? albumUsers.find(({ role }) => role === 'owner')?.user.id,
    userIds: albumUsers.map(({ user }) => user.id),
  }));
export type Album = z.infer<typeof Album>;

/** What became of one id; `reason` as Immich names it: `duplicate`, `no_permission`, `not_found`. */
export const BulkResult = z
  .object({ id: z.string(), success: z.boolean(), error: z.string().optional() })
  .transform(({ id, success, error }) => ({ id, success, reason: error }));
export type BulkResult = z.infer<typeof BulkResult>;

export const Page = z.object({
  assets: z.object({ items: z.array(Asset), nextPage: z.string().nullable() }),
});
export type Page = z.infer<typeof Page>;

/** An answer that nobody reads. */
export const Anything = z.unknown();

export type ImmichReason =
  /** The server is in maintenance mode. */
  | 'maintenance'
  /** The key is unknown (401). */
  | 'key'
  /** The key lacks `permission` (403). */
  | 'permission'
  /** No such object, or none that this key may see: Immich answers 400 for both. */
  | 'missing'
  /** A proxy on the way takes no body of this size (413). */
  | 'too-large'
  | 'disk-full'
  /** Immich will not take this file or these values. */
  | 'rejected'
  /** An error of the server itself. */
  | 'server'
  /** Not what Immich answers: another server, or a version that this client does not know. */
  | 'unexpected';

/** Immich answered, and the answer is no. */
export class ImmichError extends Error {
  override name = 'ImmichError';
  readonly status: number;
  readonly reason: ImmichReason;
  /** The permission that the key lacks. */
  readonly permission: string | undefined;

  constructor(
    message: string,
    about: { status: number; reason: ImmichReason; permission?: string | undefined; cause?: unknown },
  ) {
    super(message, about.cause === undefined ? {} : { cause: about.cause });
    this.status = about.status;
    this.reason = about.reason;
    this.permission = about.permission;
  }
}

/**
 * @param call what was asked, for the error: `GET /server/version`
 * @throws ImmichError (`unexpected`) when the answer has another shape
 */
export function parseAnswer<Schema extends z.ZodType>(
  schema: Schema,
  { status, text, call }: { status: number; text: string; call: string },
): z.output<Schema> {
  let value: unknown;
  try {
    value = text === '' ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new ImmichError(`Not an answer of Immich to ${call}: no JSON`, {
      status,
      reason: 'unexpected',
      cause,
    });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new ImmichError(`Not an answer of Immich to ${call}: ${issues[0]}`, { status, reason: 'unexpected' });
}

/** 2.x says `{message: string | string[], error, statusCode}`, 3.x `{message, errors?: [{path, message}]}`. */
const ErrorBody = z.object({
  message: z.union([z.string(), z.array(z.string()).transform((lines) => lines.join('; '))]),
  errors: z
    .array(z.object({ path: z.array(z.union([z.string(), z.number()])).optional(), message: z.string() }))
    .optional(),
});

/** The error that a status over 299 and its body stand for. */
export function refusal(status: number, text: string): ImmichError {
  const message = messageOf(text) ?? `Immich answers ${status}`;
  const permission = /^Missing required permission: (\S+)/.exec(message)?.[1];
  return new ImmichError(message, { status, reason: reasonOf(status, message), permission });
}

/** @returns undefined for a proxy's page, or nothing: the status then says all there is */
function messageOf(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const body = ErrorBody.safeParse(value);
  if (!body.success) return undefined;
  const details = (body.data.errors ?? []).map(({ path = [], message }) => `${path.join('.')}: ${message}`);
  return [body.data.message, ...details].join('; ');
}

function reasonOf(status: number, message: string): ImmichReason {
  if (status === 401) return 'key';
  if (status === 403) return 'permission';
  if (status === 404) return 'unexpected';
  if (status === 413) return 'too-large';
  if (status === 507 || /ENOSPC|no space left|quota has been exceeded/i.test(message)) return 'disk-full';
  if (status === 400 && message.startsWith('Not found or no ')) return 'missing';
  return status >= 500 ? 'server' : 'rejected';
}
