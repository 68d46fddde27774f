/** Looks at one disk and says so on its output: `disk-child.ts <path> <true|false>`. */
import { lookAtDisk } from './disk.ts';

const [path = '/', isMount] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await lookAtDisk(path, isMount === 'true')));
