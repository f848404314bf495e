/** Serves the sample tree: `server.js MOUNTPOINT ADAPTER [allow-other]`. Says `ready` or the error; unmounts when its stdin ends. */
import { MountError, mountTree } from '../../src/fs/index.js';
import { sampleTree } from './sample-tree.js';

const [, , mountpoint = '', adapter, others] = process.argv;
try {
  const mount = await mountTree(sampleTree(), mountpoint, {
    adapter: adapter === 'direct' || adapter === 'native' ? adapter : 'auto',
    allowOther: others === 'allow-other',
  });
  process.stdin.resume().once('end', () => void mount.unmount());
  console.log('ready');
  console.log(`closed ${await mount.closed}`);
  process.stdin.destroy();
} catch (error) {
  if (!(error instanceof MountError)) throw error;
  console.log(`${error.failure}: ${error.message}`);
  process.exitCode = 1;
}
