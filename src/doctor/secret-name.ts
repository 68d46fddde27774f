/** A variable's name that announces a secret; with `_FILE` at its end it only says where one is. */
const SECRET =
  /(?:PASSWORD|PASSWD|PASSPHRASE|(?:^|_)(?:PASS|PWD|SECRET(?:_KEY)?|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|MASTER_?KEY|CREDENTIALS?))(?:_\d+)?$/i;

/** The shell's own. */
const OTHERS = new Set(['PWD', 'OLDPWD']);

export const isSecretName = (name: string): boolean => SECRET.test(name) && !OTHERS.has(name);
