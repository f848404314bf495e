/** Every scenario with a transcript of a real kernel, step by step; what may differ is in expected-differences. */
import t from 'tap';
import { knownDifferences, parseExpectations } from './expected.js';
import { judge } from './judge.js';
import { cases, DEFAULT_ORACLE, lacking, withProbe } from './scenario.js';
import { describe, differences, parseTranscript } from './transcript.js';

/** These are about virtio and rpmsg from their first step to their last. */
const LATER = ['18-vdev', '19-rpmsg'];
const MINUTES = 60_000;
/** They wait more than they work. */
const AT_ONCE = 4;

t.test('transcripts are compared by step', (t) => {
  const wanted = parseTranscript(
    '# x\n\n## h\n[0001] $ a\n  out| 1\n  rc=0\n[0002] $ b\n  rc=0\n  dmesg| <6>m\n(reset )\n[0003] $ c\n  rc=0\n',
  );
  t.same(
    wanted.map(({ number, command, lines }) => [number, command, lines.length]),
    [
      [1, 'a', 2],
      [2, 'b', 2],
      [3, 'c', 1],
    ],
  );
  const found = parseTranscript('[0001] $ a\n  out| 1\n  rc=0\n[0002] $ b\n  rc=0\n  dmesg| <6>n\n');
  t.same(differences(wanted, found).map(describe), [
    ['[0002] $ b', '   rc=0', '-  dmesg| <6>m', '+  dmesg| <6>n'],
    ['[0003] $ c', '  it was not reached'],
  ]);
  t.same(differences(wanted, wanted), []);
  t.throws(() => parseExpectations('00-tree because'));
  t.end();
});

const missing = await lacking();
const skip = missing !== undefined && `no comparison with a real kernel: ${missing}`;

t.setTimeout(15 * MINUTES);

t.test('as a real kernel', { skip }, (t) =>
  withProbe(async (probe) => {
    const ending = new AbortController();
    const known = knownDifferences();
    const waiting = (await cases(DEFAULT_ORACLE)).filter(({ name }) => !LATER.includes(name));
    const work = async (): Promise<void> => {
      for (let which = waiting.shift(); which !== undefined; which = waiting.shift()) {
        const { unexpected, stale, total } = await judge(DEFAULT_ORACLE, which, known, probe, ending.signal);
        t.same(unexpected.flatMap(describe), [], `${which.id}: ${total} steps`);
        t.same(stale, [], `${which.id}: expected to differ, but equal`);
      }
    };
    const works = Array.from({ length: AT_ONCE }, work);
    // whatever ends the test, each takes away what it has mounted
    t.teardown(async () => {
      ending.abort();
      await Promise.allSettled(works);
    });
    await Promise.all(works);
  }),
);
