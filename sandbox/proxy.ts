/** The HTTPS proxy of the machine in a box: one name, with a certificate that can run out. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAuthority } from './certificate.ts';

export type Proxy = {
  url: string;
  /** A file of the certificates that are to be trusted. */
  authority: string;
  readonly isOn: boolean;
  /** Its certificate runs out in three days, or in two months. */
  set(runsOut: boolean): void;
  close(): Promise<void>;
};

const DAY = 86_400_000;
/** As of a certificate of 90 days. */
const LASTS = 90 * DAY;

export async function startProxy(folder: string, name: string): Promise<Proxy> {
  const now = Date.now();
  const issuer = createAuthority('Demo authority', { from: now - LASTS, to: now + LASTS });
  const lasting = (left: number) => issuer.issue([name], { from: now + left - LASTS, to: now + left });
  const [fresh, ending] = [lasting(60 * DAY), lasting(3 * DAY)];
  const authority = join(folder, 'authority.pem');
  writeFileSync(authority, issuer.pem);
  let isEnding = false;
  const server = createServer(fresh, (_, response) => response.end('fine'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://${name}:${port}`,
    authority,
    get isOn() {
      return isEnding;
    },
    set(on) {
      isEnding = on;
      server.setSecureContext(on ? ending : fresh);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
