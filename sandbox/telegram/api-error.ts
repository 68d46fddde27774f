/** An answer of the Bot API that is not `ok`: an HTTP status and the exact sentence of the real server. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: number;
  /** Seconds; goes into `parameters` and into a `Retry-After` header. */
  readonly retryAfter: number | undefined;

  constructor(code: number, description: string, retryAfter?: number) {
    super(description);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export const badRequest = (what: string): ApiError => new ApiError(400, `Bad Request: ${what}`);
export const forbidden = (what: string): ApiError => new ApiError(403, `Forbidden: ${what}`);
export const conflict = (what: string): ApiError => new ApiError(409, `Conflict: ${what}`);

/** 429 as Telegram words it (tdlib/telegram-bot-api, `Query.cpp`). */
export const tooMany = (seconds: number): ApiError =>
  new ApiError(429, `Too Many Requests: retry after ${seconds}`, seconds);
