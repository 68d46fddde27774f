#!/usr/bin/env node
/**
 * `systemctl` and `journalctl` of the machine in a box: passes its arguments to the sandbox that runs and prints the answer.
 * Called as `node systemctl.ts <socket> systemctl|journalctl <arguments>`.
 */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';

const [socketPath, ...args] = process.argv.slice(2);
const asked = request({ socketPath, path: '/', method: 'POST', agent: false });
asked.end(JSON.stringify(args));
try {
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  // What is followed comes as it is written, until its reader has enough.
  if (args.includes('--follow')) await pipeline(response, process.stdout);
  else {
    let text = '';
    for await (const chunk of response) text += String(chunk);
    const { code, stdout, stderr } = JSON.parse(text) as { code: number; stdout: string; stderr: string };
    process.stderr.write(stderr);
    process.stdout.write(stdout);
    process.exitCode = code;
  }
} catch {
  process.stderr.write('Failed to connect to bus: No such file or directory\n');
  process.exitCode = 1;
}
