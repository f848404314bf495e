import t from 'tap';
import { conformance } from './conformance.js';
import { lifeCycle } from './life-cycle.js';
import { serve } from './mounted.js';
import { otherUsers } from './other-users.js';

t.test('sysfs and debugfs rules', async (t) => {
  const { path } = await serve(t, 'native');
  await conformance(t, path);
});

t.test('life of a mount', async (t) => lifeCycle(t, 'native'));

t.test('other users of the host', async (t) => otherUsers(t, 'native'));
