/** What systemctl and journalctl can do wrong, by programs that do just that. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystemd } from '../../src/clients/systemd.ts';
import { UnreachableError } from '../../src/errors.ts';

let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'systemd-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that does as the script says, as `SYSTEMCTL` or `JOURNALCTL` names it. */
function program(script: string): string[] {
  const file = join(folder, `program-${count++}`);
  writeFileSync(file, script);
  return ['sh', file];
}
/** One that writes its arguments, a line each, and answers. */
function recorder(answer = '') {
  const file = join(folder, `arguments-${count++}`);
  return {
    command: program(`printf '%s\\n' "$@" > ${file}\n${answer}`),
    args: () => readFileSync(file, 'utf8').trimEnd().split('\n'),
  };
}
const texts = async (source: AsyncIterable<{ text: string }>) => {
  const all: string[] = [];
  for await (const { text } of source) all.push(text);
  return all;
};
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: Error) => error,
  );

describe('a systemd that cannot be reached', () => {
  it.each([
    ['echo "Failed to connect to bus: No such file or directory" >&2; exit 1', 'Failed to connect to bus'],
    [
      'echo "System has not been booted with systemd as init system (PID 1). Can\'t operate." >&2; exit 1',
      'not been booted',
    ],
  ])('is told by %s', async (script, words) => {
    const systemd = createSystemd(program(script), []);
    for (const error of await Promise.all(
      [systemd.units(['a']), systemd.start('a'), systemd.failed()].map(failure),
    )) {
      expect(error).toBeInstanceOf(UnreachableError);
      expect(error?.message).toContain(words);
    }
  });

  it('is a program that does not exist', async () => {
    const error = await failure(createSystemd(['no-systemctl'], []).units(['a']));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error?.message).toBe('Cannot run "no-systemctl": there is no such program.');
  });

  it('is one that does not answer in time', async () => {
    const error = await failure(createSystemd(program('sleep 1000'), [], { timeout: 100 }).units(['a']));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error?.message).toBe('systemd did not answer "systemctl show" within 0.1 s.');
  });

  it('is one that hangs at any question, and at a job and all that is asked about it', async () => {
    const systemd = createSystemd(program('sleep 1000'), program('sleep 1000'), { timeout: 100 });
    const asked = [
      systemd.dependencies('a'),
      systemd.definition('a'),
      systemd.resetFailed('a'),
      systemd.failed(),
    ];
    for (const error of await Promise.all(asked.map(failure))) {
      expect(error).toBeInstanceOf(UnreachableError);
      expect(error?.message).toMatch(/^systemd did not answer "systemctl [\w-]+" within 0\.1 s\.$/);
    }
    expect((await failure(systemd.lastExit('a')))?.message).toContain('did not end within 0.1 s');
    expect((await failure(systemd.start('a', { timeout: 50 })))?.message).toBe(
      'Cannot start "a": systemd was not done within 0.05 s, and cannot be asked about it: ' +
        'systemd did not answer "systemctl show" within 0.1 s.',
    );
  });
});

describe('calls', () => {
  it('show several units at once, names after --', async () => {
    const { command, args } = recorder(
      `printf 'LoadState=loaded\\nActiveState=active\\n\\nLoadState=masked\\nActiveState=inactive\\n'`,
    );
    const found = await createSystemd(command, []).units(['a.service', 'b@x\\x2dy.service']);
    expect(found.map(({ load, active }) => [load, active])).toEqual([
      ['loaded', 'active'],
      ['masked', 'inactive'],
    ]);
    expect(args().slice(0, 5)).toEqual([
      '--no-pager',
      '--no-ask-password',
      'show',
      '--timestamp=unix',
      expect.stringMatching(/^--property=/),
    ]);
    expect(args().slice(5)).toEqual(['--', 'a.service', 'b@x\\x2dy.service']);
  });

  it('keep what a unit’s description holds', async () => {
    const command = program(
      `printf 'Description=a = b\\nLoadState=loaded\\nStateChangeTimestamp=@1795218999\\nConditionResult=no\\nConditionTimestamp=\\n'`,
    );
    expect((await createSystemd(command, []).units(['a']))[0]).toMatchObject({
      description: 'a = b',
      since: 1_795_218_999_000,
      conditionMet: true,
      exitCode: undefined,
    });
  });

  it('refused for a lack of rights say so', async () => {
    const command = program(
      'echo "Failed to restart a.service: Interactive authentication required." >&2; exit 4',
    );
    await expect(createSystemd(command, []).restart('a.service')).rejects.toThrow(
      'Cannot restart "a.service": Interactive authentication required.',
    );
  });

  it('for the journal match the fields of the manager that is asked', async () => {
    const { command, args } = recorder();
    const since = 1_795_218_999_500;
    await texts(createSystemd(['systemctl'], command).logs('a', { since, tail: 5 }));
    expect(args()).toEqual(
      expect.arrayContaining([
        '--output=json',
        '--lines=5',
        '--since=@1795218999.500',
        '_SYSTEMD_UNIT=a.service',
      ]),
    );
    await texts(createSystemd(['systemctl', '--user'], command).logs('a.timer'));
    expect(args()).toEqual(expect.arrayContaining(['_SYSTEMD_USER_UNIT=a.timer', '+', 'USER_UNIT=a.timer']));
  });
});

describe('journal', () => {
  const journal = (...entries: string[]) => {
    const file = join(folder, `entries-${count++}`);
    writeFileSync(file, entries.map((entry) => `${entry}\n`).join(''));
    return createSystemd(['systemctl'], ['sh', '-c', `cat ${file}`]);
  };

  it('gives time, severity and text, bytes and repeated fields too', async () => {
    const lines = [];
    const entries = journal(
      '{"__REALTIME_TIMESTAMP":"1795218999123456","PRIORITY":"6","MESSAGE":"one"}',
      '{"__REALTIME_TIMESTAMP":"1795218999123999","PRIORITY":"3","MESSAGE":[237,149,156,27,91,48,109]}',
      '{"__REALTIME_TIMESTAMP":"1795218999124000","MESSAGE":null}',
      '{"__REALTIME_TIMESTAMP":"1795218999124000","MESSAGE":["two","three"]}',
    );
    for await (const line of entries.logs('a')) lines.push(line);
    expect(lines).toEqual([
      { at: 1_795_218_999_123, stream: 'stdout', text: 'one' },
      { at: 1_795_218_999_123, stream: 'stderr', text: '한\u001b[0m' },
      { at: 1_795_218_999_124, stream: 'stdout', text: '' },
      { at: 1_795_218_999_124, stream: 'stdout', text: 'two\nthree' },
    ]);
  });

  it('cuts what is larger than a log should be', async () => {
    const [text] = await texts(
      journal(`{"__REALTIME_TIMESTAMP":"1","MESSAGE":"${'x'.repeat(200_000)}"}`).logs('a'),
    );
    expect(text).toBe(`${'x'.repeat(64 * 1024)}…`);
  });

  it('goes on after an entry of many megabytes', async () => {
    const seen = await texts(
      journal(`{"MESSAGE":"${'x'.repeat(3_000_000)}"}`, '{"MESSAGE":"next"}').logs('a'),
    );
    expect(seen).toEqual([expect.stringMatching(/too large/), 'next']);
  });

  it('tells what the kernel has killed for memory, and where', async () => {
    const scope = `/machine.slice/libpod-${'0f'.repeat(32)}.scope`;
    const oom = (at: number, message: string) =>
      JSON.stringify({ __REALTIME_TIMESTAMP: String(at * 1000), MESSAGE: message });
    const kills = await journal(
      oom(1000, 'tail invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0'),
      oom(
        1001,
        `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=${scope},task_memcg=${scope}/container,task=tail,pid=20142,uid=0`,
      ),
      oom(
        1002,
        'Memory cgroup out of memory: Killed process 20142 (tail) total-vm:23140kB, anon-rss:20352kB',
      ),
      oom(
        2000,
        'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/app.service,task=a,b pid=1,pid=6642,uid=0',
      ),
    ).memoryKills();
    expect(kills).toEqual([
      { cgroup: `${scope}/container`, program: 'tail', at: 1001 },
      { cgroup: '/system.slice/app.service', program: 'a,b pid=1', at: 2000 },
    ]);
  });

  it('tells apart a kernel that has killed nothing and one whose log cannot be read', async () => {
    expect(
      await journal('{"__REALTIME_TIMESTAMP":"1","MESSAGE":"Linux version 6.12"}').memoryKills(),
    ).toEqual([]);
    expect(await journal().memoryKills()).toBeUndefined();
  });

  it('that fails says why', async () => {
    const systemd = createSystemd(
      ['systemctl'],
      program('echo "No journal files were opened due to insufficient permissions." >&2; exit 1'),
    );
    await expect(texts(systemd.logs('a'))).rejects.toThrow('insufficient permissions');
  });

  it('is refused for the name of no unit', async () => {
    await expect(texts(createSystemd(['systemctl'], ['false']).logs('--vacuum-size=1'))).rejects.toThrow(
      'is not the name of a unit',
    );
  });
});
