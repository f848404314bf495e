/** What the help and the manual say besides the definitions of verbs and options. Indented lines are shown as they are. */

export const SESSION = `\
  $ mips-rprocfs mount /tmp/board --daemon
  $ cp my.elf /tmp/board/lib/firmware/
  $ cd /tmp/board/sys/class/remoteproc/remoteproc0
  $ echo my.elf > firmware
  $ echo start > state
  $ cat /tmp/board/sys/kernel/debug/remoteproc/remoteproc0/trace0
  $ echo stop > state
  $ mips-rprocfs dmesg /tmp/board
  $ mips-rprocfs umount /tmp/board`;

export const EXIT_STATUS = '0 done, 1 it failed (one line says why), 2 the command line was wrong.';

export const ENVIRONMENT = 'Set DEBUG=mips-rprocfs:* to see what happens inside.';

/** What is below ROOT, and what it is for. */
export const FILES: readonly (readonly [path: string, purpose: string])[] = [
  [
    'ROOT/sys/class/remoteproc/remoteprocN',
    'firmware, state, name, recovery and coredump of a remote processor, as in Linux.',
  ],
  [
    'ROOT/sys/kernel/debug/remoteproc/remoteprocN',
    'trace0, crash, resource_table and carveout_memories of it, as in Linux.',
  ],
  ['ROOT/sys/kernel/debug/mips-rproc/remoteprocN', 'What a test needs and no kernel has: faults to set, and status.'],
  [
    'ROOT/sys/devices/system/cpu/cpuN/online',
    'Bringing a CPU online removes its remote processor; taking it offline brings it back.',
  ],
  ['ROOT/dev', 'Device nodes: remoteproc0, kmsg and those that drivers of the firmware make.'],
  ['ROOT/lib/firmware', 'An ordinary directory for firmware images.'],
];
