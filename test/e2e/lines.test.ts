/** Serial ports, consoles and the sample client of rpmsg, with the tools of a shell. */
import { join } from 'node:path';
import t from 'tap';
import { Board } from '../support/board.js';
import { repository } from '../support/repository.js';

const say = (port: string, words: string): string =>
  `sh ${join(repository, 'test/e2e/scripts/say.sh')} $ROOT/dev/${port} '${words}'`;

for (const endian of ['le', 'be'] as const)
  for (const name of ['case-invert', 'case-invert-da0'])
    t.test(`${name}, ${endian}`, async (t) => {
      const board = await Board.mount(t, { endian });
      const port = '$ROOT/dev/vport0p0';
      await board.start(0, name);
      t.equal(await board.out(say('vport0p0', 'Hello, Remote World')), 'hELLO, rEMOTE wORLD\n');
      t.equal(await board.out(`exec 3<> ${port}; printf 'One' >&3; dd bs=64 count=1 <&3 2> /dev/null`), 'oNE');
      // more than one buffer of Linux, in as many as it takes
      const long = 'aB'.repeat(5000);
      t.equal(
        await board.out(`exec 3<> ${port}; (printf '${long}' >&3) & head -c ${long.length} <&3; wait`),
        'Ab'.repeat(5000),
      );
      await board.out('echo stop > $C/remoteproc0/state');
      t.equal(await board.out('ls $ROOT/dev | grep vport || :'), '');
    });

t.test('a console', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'console');
  const hvc = '$ROOT/dev/hvc0';
  await board.until(`[ -e ${hvc} ]`);
  // an empty line ends what the terminal may have sent back of the banner, before it was told not to; it may be answered
  const said = await board.out(
    `exec 3<> ${hvc}; stty -F ${hvc} raw -echo; read -r banner <&3; echo >&3; echo 'Hello there' >&3
    until case $answer in *Hello*) ;; *) false ;; esac; do read -r answer <&3; done; printf '%s\n' "$banner" "$answer"`,
  );
  // the terminal may have made the first line's end a usual one, before it was told not to
  t.match(said, /^# console of a remote processor\r?\n(> )*# you said: Hello there\r\n$/);
  await board.out('echo stop > $C/remoteproc0/state');
});

t.test('the sample client', async (t) => {
  const board = await Board.mount(t);
  await board.start(0, 'rpmsg-echo');
  const insmod = 'echo rpmsg_client_sample count=4 > $ROOT/sys/kernel/debug/mips-rproc/insmod';
  const channel = 'virtio0.rpmsg-client-sample.-1.1024';
  await board.until(`[ -e $ROOT/sys/bus/rpmsg/devices/${channel} ]`);
  const log = await board.log.during(() => board.out(insmod), /goodbye!$/);
  const line = (text: string): string => `rpmsg_client_sample ${channel}: ${text}`;
  t.same(
    log.filter((each) => each.startsWith('rpmsg_client_sample')),
    ['new channel: 0x401 -> 0x400!', ...[1, 2, 3, 4].map((n) => `incoming msg ${n} (src: 0x400)`), 'goodbye!'].map(
      line,
    ),
  );
});
