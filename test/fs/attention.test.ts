import { test } from 'tap';
import { Attention } from '../../src/fs/direct/attention.js';

const [CAT, SH, DAEMON, RELEASE] = [100, 101, 102, 0];

/** An event loop that turns when it is told to; how long it would go on by itself, in microseconds. */
function loop(): { attention: Attention; awake: (requests: readonly number[]) => number } {
  let now = 5;
  let next: (() => void) | undefined;
  const attention = new Attention(
    () => now,
    (run) => {
      if (next !== undefined) throw new Error('it turns twice at once');
      next = run;
    },
  );
  const awake = (requests: readonly number[]): number => {
    for (const pid of requests) attention.served(pid);
    const from = now;
    while (next !== undefined && now < from + 1) {
      now += 0.001;
      const run = next;
      next = undefined;
      run();
    }
    return Math.round((now - from) * 1000);
  };
  return { attention, awake };
}

await test('one program that asks for one thing after the other is awaited, for a moment', (t) => {
  const { awake } = loop();
  t.equal(awake([CAT]), 0, 'not after its first request');
  t.equal(awake([CAT, CAT]), 0);
  const moment = awake([CAT]);
  t.ok(moment > 20 && moment <= 100, `for ${moment} us`);
  t.equal(awake([CAT]), moment, 'and again after each further one');
  t.equal(awake([RELEASE]), moment, 'what the kernel sends for nobody changes nothing');
  t.end();
});

await test('so are two in turns, but not whoever has not asked for long, nor many', (t) => {
  const { awake } = loop();
  t.ok(awake([CAT, SH, CAT, SH, CAT]) > 0, 'two');
  t.equal(awake([DAEMON]), 0, 'another one comes');
  t.equal(awake(Array.from({ length: 90 }, (_, index) => [CAT, SH, DAEMON][index % 3] ?? 0)), 0, 'three in turns');
  t.ok(awake([CAT, CAT, CAT, CAT]) > 0, 'one remains');
  t.equal(loop().awake([RELEASE, RELEASE, RELEASE, RELEASE, RELEASE, RELEASE]), 0, 'nobody is not awaited');
  t.end();
});

await test('requests that come while it is awake make it no busier', (t) => {
  const { attention, awake } = loop();
  for (let request = 0; request < 100; request++) attention.served(CAT);
  t.ok(awake([CAT]) <= 100);
  t.equal(awake([]), 0, 'then it sleeps');
  t.end();
});
