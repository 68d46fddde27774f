/** A configuration that cannot be used, or is only to be checked: one line for each fault. */
import { summarize, isSound, type CheckedConfig } from './check-config.ts';
import { EXIT } from './cli.ts';
import { causeOf, describeFault } from './errors.ts';

/** `steward check-config`: the same checks as a start, without starting. @returns the exit code */
export function tellConfig(checked: CheckedConfig): number {
  if (!isSound(checked)) return complain(checked);
  process.stdout.write(`${summarize(checked).join('\n')}\nThe configuration is good.\n`);
  return EXIT.done;
}

/** Say all faults; where the bot was to start and Telegram can be reached, to the owner too. @returns the exit code */
export async function refuseToStart(checked: CheckedConfig, isBot: boolean): Promise<number> {
  const code = complain(checked);
  const { token } = checked.config.telegram;
  if (isBot && token !== undefined) {
    try {
      const { tellFaults } = await import('./telegram/faults.ts');
      await tellFaults(checked, token);
    } catch (error) {
      process.stderr.write(`The owner could not be told in Telegram: ${causeOf(error)}\n`);
    }
  }
  return code;
}

function complain({ faults }: CheckedConfig): number {
  const head = faults.length === 1 ? 'One fault' : `${faults.length} faults`;
  process.stderr.write(`${head} in the configuration:\n${faults.map(describeFault).join('\n')}\n`);
  return EXIT.config;
}
