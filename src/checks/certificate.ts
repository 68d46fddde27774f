/** Whether a certificate will do for the name that was asked, and for how long. */
import type { Certificate } from '../clients/https.ts';
import type { CertificateTrouble } from '../report/host-findings.ts';

const DAY = 86_400_000;
const WARN = 21 * DAY;
const ALARM = 7 * DAY;
/** The limits are those of a certificate of 90 days; one that is made for less, as those of a proxy's own, has a share of them. */
const USUAL = 90 * DAY;

export function judgeCertificate(
  { validFrom, validTo, fits, untrusted }: Certificate,
  now: number,
): CertificateTrouble | undefined {
  if (!fits) return { kind: 'wrong-name' };
  if (now >= validTo) return { kind: 'expired' };
  if (now < validFrom) return { kind: 'not-yet', validFrom };
  if (untrusted !== undefined) return { kind: 'untrusted', cause: untrusted };
  const share = Math.min(1, (validTo - validFrom) / USUAL);
  const left = validTo - now;
  if (left >= WARN * share) return undefined;
  return { kind: 'expiring', level: left < ALARM * share ? 'alarm' : 'warn' };
}
