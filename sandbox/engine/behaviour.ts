/**
 * What the program of an image does, by its command: `dies <seconds>` after so long, `hangs` without ever answering.
 * All others answer as the service does.
 */
import type { Container, Host } from './host.ts';

export type Behaviour = 'serves' | 'dies' | 'hangs';

export const behaviourOf = ({ image }: Container): Behaviour => {
  const [word] = image.command;
  return word === 'dies' || word === 'hangs' ? word : 'serves';
};

/** @param ended told of each container that has died so */
export function letThemBehave(host: Host, ended: (container: Container) => void): void {
  host.onStart((container) => {
    const { startedAt } = container;
    if (behaviourOf(container) !== 'dies') return;
    host.write(container, 'stdout', 'Migrating the database …\n');
    const timer = setTimeout(
      () => {
        if (!container.running || container.startedAt !== startedAt) return;
        host.write(container, 'stderr', 'Error: migration 1763 failed: column "assetId" does not exist\n');
        host.end(container, 1);
        ended(container);
      },
      Number(container.image.command[1] ?? 0) * 1000,
    );
    timer.unref();
  });
}
