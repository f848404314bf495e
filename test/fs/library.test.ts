import t from 'tap';
import { libraryError } from '../../src/fs/native/binding.js';

const missing = new Error('No native build was found\n    loaded from: node_modules/fuse-native');

t.test('fuse-native cannot be loaded where it has a binary', (t) => {
  const { failure, message } = libraryError(missing, 'x64');
  t.equal(failure, 'no-library');
  t.equal(
    message,
    'fuse-native cannot be loaded (No native build was found): install libfuse2 and the npm package fuse-native, or mount with the direct adapter as root',
  );
  t.end();
});

t.test('fuse-native cannot be loaded where it has none', (t) => {
  t.equal(
    libraryError(missing, 'arm64').message,
    'fuse-native, which has no binary for arm64, cannot be loaded (No native build was found): use `run`, or mount with the direct adapter as root',
    'no advice to install what does not help',
  );
  t.end();
});
