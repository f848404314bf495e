/** Another user of the host, to whom nothing of what a test makes belongs. */
import { run, type Ran } from '../fs/mounted.js';

export const noOtherUser = process.getuid?.() === 0 ? false : 'needs root, to be another user as well';

export const AS_OTHER = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;

/** Runs a shell script as that user. */
export const asOther = (script: string, ...args: string[]): Promise<Ran> =>
  run(...AS_OTHER, 'sh', '-c', script, 'sh', ...args);
