/** What real clients find in the tree: docs/reference/clients.md, Contract 8 to 11 and 20. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { run } from '../fs/mounted.js';
import { Board } from '../support/board.js';
import { installed } from '../support/fixtures.js';

const rproc0 = ({ root }: Board) => `${root}/sys/class/remoteproc/remoteproc0`;

t.test('8, 10, 11: kinds of files, and links', async (t) => {
  const board = await Board.mount(t);
  const script = `cd $C/remoteproc0 && for f in name state firmware; do [ -f $f ] && [ -r $f ] && [ -w $f ] && stat -c '%n %F %a' $f; done`;
  t.equal(
    await board.out(script),
    'name regular file 444\nstate regular file 644\nfirmware regular file 644\n',
    'root may write all of them, says access(2)',
  );
  const devices = `${board.root}/sys/devices`;
  t.equal(
    await board.out('readlink $C/remoteproc0 $C/remoteproc0/device $C/remoteproc0/subsystem'),
    '../../devices/mips-rproc/remoteproc/remoteproc0\n../../../mips-rproc\n../../../../class/remoteproc\n',
  );
  t.equal(
    await board.out('realpath $C/remoteproc0 $C/remoteproc0/device $C/remoteproc0/subsystem $CPU/cpu1/subsystem'),
    [
      `${devices}/mips-rproc/remoteproc/remoteproc0`,
      `${devices}/mips-rproc`,
      `${board.root}/sys/class/remoteproc`,
      `${board.root}/sys/bus/cpu`,
    ].join('\n') + '\n',
  );
  t.equal(
    await board.out('cat $C/remoteproc0/uevent | grep DEVTYPE; cat $C/remoteproc0/device/uevent'),
    'DEVTYPE=remoteproc\n',
    'a root device has no driver and no modalias',
  );
  await board.start(0, 'vdev');
  const vdev = '$C/remoteproc0/rproc-virtio.0.auto';
  t.equal(
    await board.out(
      `cat ${vdev}/modalias ${vdev}/driver_override; realpath ${vdev}/driver ${vdev}/subsystem; grep -c . ${vdev}/uevent`,
    ),
    `platform:rproc-virtio\n(null)\n${board.root}/sys/bus/platform/drivers/rproc-virtio\n${board.root}/sys/bus/platform\n2\n`,
  );
  t.equal(await board.out(`find ${board.root}/sys -xtype l`), '', 'no link leads nowhere');
});

const DIRENT = `
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	struct dirent **entries;
	int n = scandir(argv[1], &entries, NULL, alphasort);
	for (int i = 0; i < n; i++)
		printf("%s %d\\n", entries[i]->d_name, entries[i]->d_type);
	char state[4096];
	snprintf(state, sizeof state, "%s/state", argv[1]);
	printf("access %d\\n", access(state, R_OK | W_OK));
	return n < 0;
}
`;

t.test('9: directory entries tell their type', { skip: installed('cc') ? false : 'no C compiler' }, async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'mips-rprocfs-cc-'));
  t.teardown(() => rm(path, { recursive: true }));
  await writeFile(join(path, 'scan.c'), DIRENT);
  t.match(await run('cc', '-o', join(path, 'scan'), join(path, 'scan.c')), { status: 0 });
  for (const fuse of ['direct', 'native']) {
    const board = await Board.mount(t, { args: ['--fuse', fuse] });
    const { out } = await run(join(path, 'scan'), rproc0(board));
    const [DT_DIR, DT_REG, DT_LNK] = [4, 8, 10];
    const wanted = [`firmware ${DT_REG}`, `state ${DT_REG}`, `device ${DT_LNK}`, `power ${DT_DIR}`, 'access 0'];
    for (const entry of wanted) t.ok(out.split('\n').includes(entry), `${fuse}: ${entry}`, { out });
    t.notMatch(out, / 0\n(?!$)/, 'none is DT_UNKNOWN');
  }
});

t.test('20: firmware_class.path', async (t) => {
  const board = await Board.mount(t);
  const path = '$ROOT/sys/module/firmware_class/parameters/path';
  await board.install('hello');
  await board.out('mkdir $ROOT/elsewhere; mv $FW/hello.elf $ROOT/elsewhere; echo hello.elf > $C/remoteproc0/firmware');
  t.equal((await board.sh('/bin/echo start > $C/remoteproc0/state')).status, 1);
  for (const write of ['printf %s', 'echo']) {
    await board.out(
      `${write} $ROOT/elsewhere > ${path}; echo start > $C/remoteproc0/state; echo stop > $C/remoteproc0/state`,
    );
    t.match(await board.out(`cat ${path}`), /\/elsewhere\n+$/, write);
  }
  t.match(await board.sh(`head -c 300 /dev/zero | tr '\\0' x | dd of=${path} bs=300`), {
    err: /No space left on device/,
  });
  t.equal(
    await board
      .out('cat /sys/module/firmware_class/parameters/path 2> /dev/null || true')
      .then((real) => real.includes(board.root)),
    false,
    "the host's own is untouched",
  );
});
