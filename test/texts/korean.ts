/** What is wrong with a Korean text, as far as it can be told by its letters. */

/** A particle whose form depends on the last sound of the word before, which of a value nobody knows. */
export const PARTICLE = /(은|는|이|가|을|를|와|과|로|으로|라|이라|나|이나|란|이란)(?![가-힣])/;

/** Names, and words that are the same in every language. */
const SAME = new Set(
  (
    'Steward Immich Telegram Bot API GitHub Podman systemd ffmpeg VectorChord PDF JPEG PNG ID GB MB KB TB CPU ' +
    'steward json yes dry run help sudo podman tag system prune clean rollback status logs arch watchdog ' +
    'TELEGRAM OWNER IDS IMMICH API KEY SHARE WITH INBOX DIR URL HTTP TOKEN STEWARD OBSERVE ' +
    'services yaml backup release github pull policy missing with data POST GET pictures inbox healthz Authorization Bearer docker io library postgres ms ' +
    'update false latest pgvecto rs SSH health url root privileged dev dri Redis TZ VPN Nix NixOS FILE env file NAME value ' +
    'EnvironmentFile BotFather backups folder docs md install newuidmap uidmap shadow utils security enable all'
  ).split(' '),
);

/** Words of Latin letters that are no names. */
export const englishIn = (text: string): string[] =>
  (text.match(/[A-Za-z]{2,}/g) ?? []).filter((word) => !SAME.has(word));
