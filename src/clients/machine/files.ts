/** Files of the kernel: they come and go, and some answer only with an error. */
import { readdir, readFile } from 'node:fs/promises';

/** What cannot be read is empty. */
export const readOrNothing = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
export const listOrNothing = (path: string): Promise<string[]> => readdir(path).catch((): string[] => []);
