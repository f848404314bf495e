import t from 'tap';
import { conformance } from './conformance.js';
import { lifeCycle } from './life-cycle.js';
import { serve } from './mounted.js';

t.test('sysfs and debugfs rules', async (t) => {
  const { path } = await serve(t, 'native');
  await conformance(t, path);
});

t.test('life of a mount', async (t) => lifeCycle(t, 'native'));
