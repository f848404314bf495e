/**
 * How files in sysfs and debugfs answer: docs/reference/kernel-abi.md 0.2, 0.3 and checklist A. Takes the path of a
 * mounted sample tree and nothing else; every case is what a shell prints.
 */
import { getSystemErrorMap } from 'node:util';
import type { Test } from 'tap';
import { ERRNO } from '../../src/kernel/index.js';
import { probe, sh } from './mounted.js';
import { sent } from './sample-tree.js';

interface Case {
  readonly title: string;
  /** Runs in the root of the mount. */
  readonly script: string;
  /** All that it prints, errors too. */
  readonly prints: string;
}

const CASES: readonly Case[] = [
  {
    title: 'an attribute is a regular file of 4096 bytes',
    script: "stat -c '%F %a %s %b %o %h' value",
    prints: 'regular file 644 4096 0 4096 1\n',
  },
  {
    title: 'an attribute of debugfs too: sendfile reads no further than st_size',
    script: "stat -c '%F %a %s' kernel/debug/name",
    prints: 'regular file 400 4096\n',
  },
  {
    title: 'a directory has size 0 and 2 + subdirectories links',
    script: "stat -c '%n %F %a %s %h' device class/things kernel",
    prints: 'device directory 755 0 3\nclass/things directory 755 0 2\nkernel directory 755 0 3\n',
  },
  { title: 'the root of debugfs is closed to others', script: "stat -c '%a' kernel/debug", prints: '700\n' },
  {
    title: 'a link is relative, of size 0',
    script: "stat -c '%F %a %s %N' device/subsystem",
    prints: "symbolic link 777 0 'device/subsystem' -> '../class/things'\n",
  },
  { title: 'a path goes through links', script: 'cat class/things/device/power/control', prints: 'auto\n' },
  { title: 'a size that the tree names is shown', script: 'stat -c %s contents', prints: '10000\n' },
  {
    title: 'entries have a type',
    script: "find device -printf '%p %y\\n' | sort",
    prints: 'device d\ndevice/gone f\ndevice/power d\ndevice/power/control f\ndevice/subsystem l\n',
  },
  { title: 'the owner is whoever serves', script: 'test -O value && test -O device && echo mine', prints: 'mine\n' },
  { title: 'an unknown name', script: 'cat nothing', prints: 'cat: nothing: No such file or directory\n' },
  { title: 'a file is no directory', script: 'cat value/x', prints: 'cat: value/x: Not a directory\n' },

  { title: 'echo writes one command', script: 'echo hello > value; cat value', prints: 'hello\n' },
  { title: 'an answer that comes later', script: 'cat later', prints: 'later\n' },
  { title: 'tools that use sendfile', script: 'busybox cat value 2>/dev/null || cat value', prints: 'hello\n' },
  { title: 'byte by byte', script: 'dd if=value bs=1 status=none', prints: 'hello\n' },
  {
    title: 'head, tail, read',
    script: 'head -n 1 value; tail -n 1 value; read line < value; echo $line',
    prints: 'hello\nhello\nhello\n',
  },
  {
    title: 'truncate changes nothing',
    script: 'truncate -s 0 value; truncate -s 100 value; : > value; cat value; stat -c %s value',
    prints: 'hello\n4096\n',
  },
  { title: 'append ignores the offset', script: 'echo appended >> value; cat value', prints: 'appended\n' },
  {
    title: 'a seeking writer gives one command',
    script: 'printf seek | dd of=value obs=4 seek=77 oflag=seek_bytes conv=notrunc status=none; cat value',
    prints: 'seek',
  },
  {
    title: 'two writes are two commands',
    script: 'echo > forget; (echo one; echo two) > command; cat commands',
    prints: '4 "one\\n"\n4 "two\\n"\n',
  },
  {
    title: 'one write of two lines is one command',
    script: "echo > forget; printf 'a\\nb\\n' > command; cat commands",
    prints: '4 "a\\nb\\n"\n',
  },
  { title: 'an empty write is none', script: "echo > forget; printf '' > command; cat commands", prints: '' },
  { title: 'NUL arrives', script: "echo > forget; printf 'a\\0b' > command; cat commands", prints: '3 "a\\u0000b"\n' },
  {
    title: '5000 bytes are a command of 4096 and one of 904',
    script:
      "echo > forget; head -c 5000 /dev/zero | tr '\\0' a | dd of=command bs=8192 iflag=fullblock status=none; cat commands | cut -d ' ' -f 1",
    prints: '4096\n904\n',
  },
  {
    title: 'debugfs hands a long write over whole',
    script:
      'echo > forget; head -c 100000 /dev/zero | dd of=kernel/debug/sizes bs=100000 iflag=fullblock status=none; cat commands',
    prints: '100000\n',
  },
  { title: 'sysfs cuts a value at 4095 bytes', script: 'wc -c < long', prints: '4095\n' },
  { title: 'debugfs does not', script: 'cat kernel/debug/long | wc -c', prints: '10000\n' },

  {
    title: 'no write bit: open fails',
    script: 'dd if=/dev/null of=count conv=notrunc',
    prints: "dd: failed to open 'count': Permission denied\n",
  },
  { title: 'no read bit: open fails', script: 'cat command', prints: 'cat: command: Permission denied\n' },
  {
    title: 'a mode bit without a handler: open fails',
    script: 'cat unhandled; dd if=/dev/null of=unhandled conv=notrunc',
    prints: "cat: unhandled: Permission denied\ndd: failed to open 'unhandled': Permission denied\n",
  },
  { title: 'access() of root sees no obstacle', script: 'test -w count && echo writable', prints: 'writable\n' },
  { title: 'create', script: 'touch new', prints: "touch: cannot touch 'new': Permission denied\n" },
  {
    title: 'create in debugfs',
    script: 'touch kernel/debug/new',
    prints: "touch: cannot touch 'kernel/debug/new': Permission denied\n",
  },
  {
    title: 'mkdir',
    script: 'mkdir new; mkdir kernel/debug/new',
    prints:
      "mkdir: cannot create directory 'new': Operation not permitted\nmkdir: cannot create directory 'kernel/debug/new': Operation not permitted\n",
  },
  {
    title: 'mknod of a pipe, of a device',
    script: 'mknod new p; mknod new c 1 3',
    prints: 'mknod: new: Operation not permitted\nmknod: new: Operation not permitted\n',
  },
  { title: 'rm', script: 'rm value', prints: "rm: cannot remove 'value': Operation not permitted\n" },
  {
    title: 'rmdir',
    script: 'rmdir class/things',
    prints: "rmdir: failed to remove 'class/things': Operation not permitted\n",
  },
  { title: 'mv', script: 'mv value other', prints: "mv: cannot move 'value' to 'other': Operation not permitted\n" },
  {
    title: 'ln',
    script: 'ln -s value new; ln value new',
    prints:
      "ln: failed to create symbolic link 'new': Operation not permitted\nln: failed to create hard link 'new' => 'value': Operation not permitted\n",
  },
  {
    title: 'chmod and chown stay',
    script: "chmod 600 device/power/control; chown 7:8 device/power/control; stat -c '%a %u %g' device/power/control",
    prints: '600 7 8\n',
  },
  {
    title: 'chmod counts: root cannot read a file without a read bit',
    script: 'chmod 200 later; cat later; chmod 444 later; cat later',
    prints: 'cat: later: Permission denied\nlater\n',
  },
  {
    title: 'touch sets times',
    script: "touch -d '2001-02-03 04:05:06 UTC' value; stat -c %Y value",
    prints: '981173106\n',
  },
  { title: 'xattr', script: 'getfattr -d value 2>/dev/null; echo kept > value && cat value', prints: 'kept\n' },

  {
    title: 'debugfs lets root open what has no handler',
    script: 'echo x | dd of=kernel/debug/name status=none; cat kernel/debug/crash',
    prints: "dd: error writing 'kernel/debug/name': Invalid argument\ncat: kernel/debug/crash: Invalid argument\n",
  },
  {
    title: 'a live file grows under its reader',
    script: 'exec 3< kernel/debug/trace; cat <&3; echo second > kernel/debug/append; cat <&3',
    prints: 'first\nsecond\n',
  },
  {
    title: 'a binary file reads at offsets',
    script: 'dd if=contents bs=1 skip=9995 status=none; wc -c < contents; cat contents | wc -c',
    prints: 'fghij10000\n10000\n',
  },
  {
    title: 'a binary file is written at offsets',
    script: 'printf WXYZ | dd of=contents obs=4 seek=2 oflag=seek_bytes conv=notrunc status=none; head -c 8 contents',
    prints: 'abWXYZgh',
  },
  {
    title: 'a device that goes is gone at once, for whoever knows its names',
    script:
      'echo a > plug; cat class/things/a/name; stat -c %h plugged; ls class/things/a/power; echo a > unplug; cat class/things/a/name; test -e plugged/a || test -L class/things/a || ls plugged; stat -c %h plugged',
    prints: 'a\n3\ncontrol\ncat: class/things/a/name: No such file or directory\n2\n',
  },
  {
    title: 'one that comes back is another one',
    script:
      'echo a > plug; cat class/things/a/name; before=$(stat -c %i plugged/a); echo a > unplug; echo a > plug; cat class/things/a/name; test $before != $(stat -c %i plugged/a) && echo other; echo a > unplug',
    prints: 'a\na\nother\n',
  },
  {
    title: 'its names under other eyes',
    script:
      'for i in 1 2; do (while test -e value && test ! -e plugged/end; do ls -R plugged class; test -e plugged/no$((n += 1)); done) > /dev/null 2>&1 & done; for i in $(seq 30); do echo a > plug; cat class/things/a/name; echo a > unplug; test -e class/things/a && echo there; done | sort | uniq -c | tr -s " "; echo end > plug; wait; echo end > unplug',
    prints: ' 30 a\n',
  },
  {
    title: 'what is changed by one name of a file shows by all that the kernel has for it',
    script:
      'exec 3> value; stat -c %a value; chmod 600 value; exec 4> value; stat -c %a value; chmod 644 value; stat -L -c %a value /dev/fd/3 /dev/fd/4',
    prints: '644\n600\n644\n644\n644\n',
  },
  { title: 'a defect of a handler is EIO', script: 'cat broken', prints: 'cat: broken: Input/output error\n' },
  {
    title: 'directories list completely',
    script: 'ls errno | wc -l',
    prints: `${Object.keys(ERRNO).filter(sent).length}\n`,
  },
];

export async function conformance(t: Test, mount: string): Promise<void> {
  for (const { title, script, prints } of CASES) {
    const { out } = await sh(`cd "$1" && exec 2>&1; ${script}`, mount);
    t.equal(out, prints, title);
  }
  await errnos(t, mount);
  await openFiles(t, mount);
  await manyClients(t, mount);
}

/** As the program sees them; Node itself retries EINTR, and gives no number for what libuv has no name for. */
async function errnos(t: Test, mount: string): Promise<void> {
  const known = getSystemErrorMap();
  const expected = Object.entries(ERRNO).filter(
    ([name, number]) => name !== 'EINTR' && known.has(-number) && sent(name),
  );
  const calls = expected.flatMap(([name]) => [
    ':',
    'open',
    `${mount}/errno/${name}`,
    'O_RDWR',
    ':',
    'read',
    '9',
    ':',
    'write',
    'x',
  ]);
  const said = await probe(...calls.slice(1));
  t.strictSame(
    said,
    expected.flatMap(([, number]) => ['open = ok', `read = errno ${number}`, `write = errno ${number}`]),
    'errnos arrive',
  );
}

async function openFiles(t: Test, mount: string): Promise<void> {
  const value = `${mount}/value`;
  await sh('echo offline > "$1"', value);
  t.strictSame(
    await probe(
      'open',
      value,
      'O_RDONLY',
      ':',
      'pread',
      '100',
      '3',
      ':',
      'pread',
      '10',
      '100',
      ':',
      'read',
      '3',
      ':',
      'read',
      '100',
      ':',
      'read',
      '9',
    ),
    ['open = ok', 'pread = 5 "line\\n"', 'pread = 0 ""', 'read = 3 "off"', 'read = 5 "line\\n"', 'read = 0 ""'],
    'partial reads',
  );
  const counted = await probe(
    'open',
    `${mount}/count`,
    'O_RDONLY',
    ':',
    'read',
    '2',
    ':',
    'read',
    '99',
    ':',
    'pread',
    '99',
    '0',
    ':',
    'pread',
    '99',
    '2',
  );
  const [, first, rest, again, tail] = counted.map((line) => line.replace(/\d+/g, 'N'));
  t.strictSame(
    [first, rest, again, tail].map((line) => line?.split(' = ')[0]),
    ['read', 'read', 'pread', 'pread'],
  );
  const numberOf = (line = '') => Number(/"(\d+)/.exec(line)?.[1]);
  t.equal(numberOf(counted[3]), numberOf(counted[1]) + 1, 'rendered at offset 0, and only there');
  t.strictSame(
    await probe(
      'open',
      value,
      'O_RDWR',
      ':',
      'pwrite',
      'disabled',
      '77',
      ':',
      'read',
      '99',
      ':',
      'write',
      'enabled',
      ':',
      'pread',
      '99',
      '0',
    ),
    ['open = ok', 'pwrite = 8', 'read = 8 "disabled"', 'write = 7', 'pread = 7 "enabled"'],
    'every write is a command, whatever its offset',
  );
  for (const [path, errno] of [
    ['device/gone', ERRNO.ENODEV],
    ['kernel/debug/gone', ERRNO.EIO],
  ] as const) {
    const file = `${mount}/${path}`;
    t.strictSame(
      await probe(
        'open',
        file,
        'O_RDWR',
        ':',
        'read',
        '9',
        ':',
        'tell',
        `${mount}/remove`,
        path,
        ':',
        'pread',
        '9',
        '0',
        ':',
        'write',
        'x',
        ':',
        'open',
        file,
        'O_RDONLY',
      ),
      [
        'open = ok',
        'read = 5 "here\\n"',
        'tell = ok',
        `pread = errno ${errno}`,
        `write = errno ${errno}`,
        `open = errno ${ERRNO.ENOENT}`,
      ],
      `an open file of a removed node: ${path}`,
    );
  }
}

async function manyClients(t: Test, mount: string): Promise<void> {
  const script =
    'for i in 1 2 3 4 5 6 7 8 9 10; do read x < "$1/later" && echo $x; cat "$1/value"; done | sort | uniq -c';
  await sh('echo enabled > "$1/value"', mount);
  const results = await Promise.all(Array.from({ length: 16 }, () => sh(script, mount)));
  t.strictSame(
    [...new Set(results.map(({ out }) => out.replace(/ +/g, ' ')))],
    [' 10 enabled\n 10 later\n'],
    'sixteen clients',
  );
}
