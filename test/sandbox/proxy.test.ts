import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startProxy } from '../../sandbox/proxy.ts';
import { createHttps } from '../../src/clients/https.ts';

const DAY = 86_400_000;

test('the proxy shows a trusted certificate for its name, and one that runs out when it is to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-proxy-'));
  const proxy = await startProxy(folder, 'vault.example.dev');
  onTestFinished(async () => {
    await proxy.close();
    rmSync(folder, { recursive: true });
  });
  const https = createHttps();
  const daysLeft = async () => {
    const options = { address: '127.0.0.1', authority: proxy.authority };
    const { status, certificate } = await https.ask(`${proxy.url}/alive`, options);
    expect(status).toBe(200);
    expect(certificate).toMatchObject({ fits: true, untrusted: undefined });
    return Math.round(((certificate?.validTo ?? 0) - Date.now()) / DAY);
  };
  expect(await daysLeft()).toBe(60);
  proxy.set(true);
  expect(await daysLeft()).toBe(3);
  proxy.set(false);
  expect(await daysLeft()).toBe(60);
});
