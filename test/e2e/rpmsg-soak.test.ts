/**
 * Many starts, talks and stops, and many messages while the core is busy: nothing is lost, and nothing leaks.
 * MIPS_SOAK_CYCLES and MIPS_SOAK_MESSAGES make it as long as anyone likes, such as 10000 and 1000000.
 */
import t from 'tap';
import { Board } from '../support/board.js';
import { footprint } from '../support/footprint.js';
import { noClient, rpmsgClient } from '../support/rpmsg-client.js';

const CYCLES = Number(process.env['MIPS_SOAK_CYCLES'] ?? 20);
const MESSAGES = Number(process.env['MIPS_SOAK_MESSAGES'] ?? 10_000);
/** What one shell does, well within the time that it is given. */
const CYCLES_A_SHELL = 10;
const MESSAGES_A_SHELL = 10_000;
/** KiB: what V8 lets pile up before it collects; live objects are some 30 MB all the time. */
const GROWTH = 250_000;

// as long as it takes; a run of all tests ends what hangs
t.setTimeout(0);

const RPMSG = '$ROOT/dev/rpmsg0';

t.test('started, talked to and stopped, again and again', { skip: noClient }, async (t) => {
  const client = await rpmsgClient(t);
  const board = await Board.mount(t, { args: ['--engine', 'interpreter'] });
  await board.install('rpmsg-echo');
  await board.out('echo rpmsg-echo.elf > $C/remoteproc0/firmware');
  const cycle = `echo start > $C/remoteproc0/state; until [ -e ${RPMSG} ]; do :; done; ${client} ${RPMSG} echo 20 496 8 > /dev/null`;
  const where = 'grep "DMA address" $D/remoteproc0/carveout_memories';
  const cycles = (count: number): Promise<string> =>
    board.out(`n=0; while [ $n -lt ${count} ]; do ${cycle} || exit; [ $n -gt 0 ] || ${where}
      echo stop > $C/remoteproc0/state; n=$((n + 1)); done`);
  const addresses = await cycles(CYCLES_A_SHELL);
  const before = await footprint(board.pid);
  for (let done = 0; done < CYCLES; done += CYCLES_A_SHELL)
    if ((await cycles(CYCLES_A_SHELL)) !== addresses)
      throw new Error('memory is not where it was: some was not given back');
  const after = await footprint(board.pid);
  t.comment(`${CYCLES} cycles: ${before.resident} KiB before, ${after.resident} KiB after`);
  t.same([after.threads, after.descriptors], [before.threads, before.descriptors], 'threads and descriptors');
  t.ok(after.resident < before.resident + GROWTH, 'memory');
});

t.test('messages while the core is busy', { skip: noClient }, async (t) => {
  const client = await rpmsgClient(t);
  const board = await Board.mount(t);
  await board.start(0, 'rpmsg-flood-busy');
  await board.until(`[ -e ${RPMSG} ]`);
  for (const [direction, length] of [
    ['receive', 496],
    ['send', 16],
  ] as const) {
    let right = 0;
    for (; right < MESSAGES; right += MESSAGES_A_SHELL)
      await board.out(`${client} ${RPMSG} ${direction} ${MESSAGES_A_SHELL} ${length} > /dev/null`);
    t.ok(right >= MESSAGES, `${direction}: ${right} messages in order, none lost, none twice`);
  }
});
