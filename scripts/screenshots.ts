/** The pictures of the README, taken from the demo: `node scripts/screenshots.ts`. Wants Debian's Chromium. */
import sharp from 'sharp';
import { PANEL } from '../sandbox/controls.ts';
import { publishUptimeKuma } from '../sandbox/published.ts';
import { writeHistory } from './history.ts';
import { openPhone } from './phone.ts';

/** Milliseconds: three starts of the new version, and the old one is proven healthy for as long as it is on a host. */
const ROLLED_BACK = 120_000;

/** The same of three backups, on a machine that has more to do. */
const BACKED_UP = 120_000;

const { pc, say, seen, tap, take, close } = await openPhone();
try {
  await say('/backup all', 'All 3 backed up', BACKED_UP);
  await take('backup');
  await say('/check', /update/);
  await pc.telegram.file('whiteboard.png', await screenshot());
  await seen('In Immich:');
  writeHistory(pc.env['STATE_DIR'] ?? '');
  await say('/report', /All good/);
  await take('report');
  await say('/report week', /week to/);
  await take('week');

  pc.engine.setHealth('archivebox', 'unhealthy', 'database is locked');
  await seen('archivebox is unhealthy');
  await say('/status', '6 of 7 healthy');
  await say('/logs archivebox errors', /📄 archivebox/);
  await take('status');

  pc.engine.run(PANEL);
  await say('/doctor', 'is open to every network');
  await take('doctor');

  await say('/restart immich', 'Restart immich?');
  await tap('Restart immich?', 'Restart');
  await seen(/✅ Stop – ml/);
  await take('restart');
  await seen('immich restarted');

  pc.engine.setHealth('archivebox', 'healthy');
  await seen('archivebox is back');
  void pc.engine.kill('copyparty', { code: 1, stay: true });
  await seen('copyparty is down');
  await tap('copyparty is down', 'Restart');
  await tap('Restart copyparty?', 'Restart');
  await seen('copyparty is back');
  void pc.engine.kill('vaultwarden', { code: 137, oom: true, stay: true });
  await seen('vaultwarden is down');
  await take('alert');

  publishUptimeKuma(pc.registry, ['dies', '3']);
  await say('/update uptime', 'Update uptime-kuma');
  await tap('Update uptime-kuma', 'Back up and update');
  await seen('is back and healthy', ROLLED_BACK);
  await take('update');

  await pc.telegram.file('login-bug.png', await screenshot());
  await seen('In Immich:');
  await pc.telegram.photo(await screenshot());
  await seen('Telegram shrank it');
  await take('picture');
} finally {
  await close();
}

/** A phone's screenshot with something on it. */
function screenshot(): Promise<Buffer> {
  const lines = ['Sign in', 'ada@example.dev', 'Error 401: token expired'];
  const text = lines.map(
    (line, index) => `<text x="90" y="${500 + index * 180}" font-size="72" fill="#e8eef2">${line}</text>`,
  );
  return sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="1290" height="2796"><rect width="100%" height="100%" fill="#1d2b36"/><rect x="60" y="590" width="1170" height="130" rx="20" fill="#2c4152"/>${text.join('')}</svg>`,
    ),
  )
    .png()
    .toBuffer();
}
