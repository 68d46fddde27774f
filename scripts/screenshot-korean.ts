/** The picture of the README in Korean, taken from the demo: `node scripts/screenshot-korean.ts`. */
import { openPhone } from './phone.ts';

/** Milliseconds: a trouble is told when it has lasted for 30 s. */
const ALERTED = 120_000;

const phone = await openPhone('ko');
try {
  await phone.say('/backup vaultwarden', 'vaultwarden 백업 완료');
  void phone.pc.engine.kill('vaultwarden', { code: 137, oom: true, stay: true });
  await phone.seen('vaultwarden 중단', ALERTED);
  await phone.say('/start vaultwarden', 'vaultwarden 시작할까요?');
  await phone.tap('vaultwarden 시작할까요?', '시작');
  await phone.seen('vaultwarden 시작 완료');
  await phone.seen('vaultwarden 다시 정상', ALERTED);
  await phone.take('korean');
} finally {
  await phone.close();
}
