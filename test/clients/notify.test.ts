import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createNotify } from '../../src/clients/notify.ts';

/** What systemd makes of it is seen in test/docs/unit.lab.test.ts. */
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'steward-notify-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const program = (script: string) => ['/bin/sh', '-c', script, 'notify', join(folder, 'told')];

describe('createNotify', () => {
  test('hands each assignment over as one argument, on one line', async () => {
    const notify = createNotify(program(`file="$1"; shift; printf '%s\\n' "$@" > "$file"`));
    await notify.tell('READY=1', 'STATUS=5 of 6\nservices "healthy"');
    expect(readFileSync(join(folder, 'told'), 'utf8')).toBe(
      '--\nREADY=1\nSTATUS=5 of 6 services "healthy"\n',
    );
  });

  test('says why it could not be handed over', async () => {
    await expect(
      createNotify(program('echo "No status data could be sent" >&2; exit 1')).tell('READY=1'),
    ).rejects.toThrow('Cannot tell systemd: No status data could be sent.');
    await expect(createNotify([join(folder, 'nothing')]).tell('READY=1')).rejects.toThrow(
      /^Cannot tell systemd: .*there is no such program\.$/,
    );
  });

  test('is given to a real systemd-notify as it takes it: without a socket it refuses', async () => {
    const wrapped = createNotify(['env', '-u', 'NOTIFY_SOCKET', 'systemd-notify']);
    await expect(wrapped.tell('WATCHDOG=1', 'STATUS=-')).rejects.toThrow(/^Cannot tell systemd: /);
  });
});
