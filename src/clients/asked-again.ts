/**
 * What only reads is asked again at once where the connection broke before the answer was there: a server that closes
 * a connection it kept, or a proxy before it that starts anew, is no trouble of anyone's. Options for undici's
 * `RetryAgent`; an answer, whatever its status, is never asked for again.
 */
import type { RetryHandler } from 'undici';

export const ASKED_AGAIN: RetryHandler.RetryOptions = {
  maxRetries: 1,
  minTimeout: 0,
  methods: ['GET', 'HEAD'],
  statusCodes: [],
  errorCodes: ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'],
};
