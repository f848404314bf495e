/**
 * What a client does to a processor that is its own for as long: each is exact about what has to come of it. None is entered
 * unless the state machine is sure of the state.
 */
import type { Random } from '../emu/random-program.js';
import type { Client } from './client.js';
import { WrongAnswer, type Processor, type State } from './processor.js';

/** Files of ROOT/lib/firmware, and what the whole lines of their trace0 may be. */
export const FIRMWARE: Readonly<Record<string, RegExp>> = {
  'hello.elf': /^(hello from mips-cpu\d, a0=-3 .*\n(PRId [\da-f]{8}, little endian, linked at 10000000\n)?)?$/,
  'tick.elf': /^(tick: Compare every \d+ counts, on Cause.IP\d\n)?(tick \d+\n)*$/,
  'spin.elf': /^(spin \d+\n)?$/,
  'rpmsg-echo.elf': /^(rpmsg-echo: ready\n)*$/,
  'case-invert.elf': /^(case-invert: ready, rings at [\da-f]{8} and [\da-f]{8}\n)*$/,
};
export const wholeLines = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1);
/** What cannot be started, and what the shell says then. */
const UNFIT: Readonly<Record<string, string>> = {
  'missing.elf': 'No such file or directory',
  'junk.elf': 'Invalid argument',
};

export interface Tools {
  readonly random: Random;
  /** `bench/rpmsg-client.c`, compiled; nobody talks without. */
  readonly rpmsgClient: string | undefined;
}

export interface Change {
  /** How often, against the others. */
  readonly weight: number;
  readonly possible?: (processor: Processor) => boolean;
  readonly run: (processor: Processor, client: Client, tools: Tools) => Promise<void>;
}

const put = (word: string, file: string): string => `printf %s ${word} > ${file}`;
/** What the shell says when write(2) has refused. */
const refused = (words: string): RegExp => new RegExp(`^bash: line \\d+: printf: write error: ${words}\n$`);
/** Waits for a condition; what it prints else is no answer to anything. */
const until = (condition: string): string =>
  `for ((i = 0; i < 200000; i++)); do ${condition} && break; done; ((i < 200000)) || echo waited in vain`;

const stateIs = (processor: Processor, state: State): string =>
  `read -r s < ${processor.class}/state && [ "$s" = ${state} ]`;

async function checkState(processor: Processor, client: Client): Promise<void> {
  await processor.ask(client, `read -r x < ${processor.class}/state; echo $x`, `${processor.state}\n`);
}

async function load(processor: Processor, client: Client, { random }: Tools): Promise<void> {
  const firmware = random.pick([...Object.keys(FIRMWARE), ...Object.keys(FIRMWARE), ...Object.keys(UNFIT)]);
  const offline = processor.state === 'offline';
  await processor.ask(
    client,
    put(firmware, `${processor.class}/firmware`),
    offline ? '' : refused('Device or resource busy'),
  );
  if (offline) processor.firmware = firmware;
  await processor.ask(client, `read -r x < ${processor.class}/firmware; echo $x`, `${processor.firmware}\n`);
}

async function start(processor: Processor, client: Client): Promise<void> {
  const command = put('start', `${processor.class}/state`);
  const unfit = processor.firmware === processor.defaultFirmware ? UNFIT['missing.elf'] : UNFIT[processor.firmware];
  if (processor.starts === 0 && unfit !== undefined) await processor.ask(client, command, refused(unfit));
  else {
    await processor.ask(client, command, '');
    if (processor.starts++ === 0) processor.state = 'running';
  }
  await checkState(processor, client);
}

async function stop(processor: Processor, client: Client): Promise<void> {
  const able = processor.state !== 'offline';
  await processor.ask(client, put('stop', `${processor.class}/state`), able ? '' : refused('Invalid argument'));
  if (able && --processor.starts === 0) processor.state = 'offline';
  await checkState(processor, client);
  if (processor.state === 'offline')
    await processor.ask(client, `[ -e ${processor.debug}/trace0 ] && echo a trace`, '');
}

async function nonsense(processor: Processor, client: Client): Promise<void> {
  await processor.ask(client, put('nonsense', `${processor.class}/state`), refused('Invalid argument'));
  await checkState(processor, client);
}

async function setRecovery(processor: Processor, client: Client, { random }: Tools): Promise<void> {
  const recovery = random.pick(['enabled', 'disabled'] as const);
  // to enable it is to recover at once
  await processor.ask(client, put(recovery, `${processor.debug}/recovery`), '');
  processor.recovery = recovery;
  if (recovery === 'enabled' && processor.state === 'crashed') processor.state = 'running';
  await checkState(processor, client);
}

async function setCoredump(processor: Processor, client: Client, { random }: Tools): Promise<void> {
  const coredump = random.pick(['enabled', 'disabled'] as const);
  const fixed = processor.state === 'crashed';
  await processor.ask(
    client,
    put(coredump, `${processor.debug}/coredump`),
    fixed ? refused('Device or resource busy') : '',
  );
  if (!fixed) processor.coredump = coredump;
}

async function crash(processor: Processor, client: Client, tools: Tools): Promise<void> {
  await processor.ask(client, put('2', `${processor.debug}/crash`), '');
  processor.crashes++;
  if (processor.recovery === 'disabled') processor.state = 'crashed';
  const counted = `crashes() { while read -r k v; do [ $k = crashes ] && { [ $v = ${processor.crashes} ]; return; }; done < ${processor.status}; false; }`;
  await processor.ask(client, `${counted}; ${until('crashes')}`, '');
  await processor.ask(client, until(stateIs(processor, processor.state)), '');
  if (processor.state === 'running' && processor.coredump === 'enabled') await takeDump(processor, client, tools);
}

async function takeDump(processor: Processor, client: Client, { random }: Tools): Promise<void> {
  const find = `found=; for d in $SYS/class/devcoredump/devcd*; do
    [ $d/failing_device/state -ef ${processor.class}/state ] && found=$d; done; [ "$found" ] && echo $found`;
  const { out } = await processor.ask(client, find, /^\S*\/devcd\d+\n$/);
  const dump = out.trim();
  if (random.below(2) === 0) {
    const read = `head -c 4 ${dump}/data | od -An -c; [ $(cat ${dump}/data | wc -c) = $(stat -c %s ${dump}/data) ] && echo whole`;
    await processor.ask(client, read, ' 177   E   L   F\nwhole\n');
  }
  await processor.ask(client, `${put('1', `${dump}/data`)}; [ -e ${dump} ] && echo still there`, '');
}

async function hotplug(processor: Processor, client: Client): Promise<void> {
  const online = `$CPU/cpu${processor.cpu}/online`;
  await processor.ask(client, put('1', online), '');
  const find = `for r in $C/remoteproc*; do { read -r n < $r/name; } 2> /dev/null && [ $n = ${processor.name} ] && echo \${r##*remoteproc}; done`;
  await processor.ask(client, find, '');
  await processor.ask(client, put('0', online), '');
  processor.reset();
  const { out } = await processor.ask(client, find, /^\d+\n$/);
  processor.index = Number(out);
  await checkState(processor, client);
}

async function talk(processor: Processor, client: Client, { rpmsgClient }: Tools): Promise<void> {
  const device = `${processor.device}/rproc-virtio.*.auto/virtio*/virtio*.rpmsg-raw.*/rpmsg/rpmsg`;
  const { out } = await processor.ask(
    client,
    `${until(`set -- ${device}*; [ -e $1 ]`)}; echo \${1##*/}`,
    /^rpmsg\d+\n$/,
  );
  await processor.ask(client, `${rpmsgClient ?? ''} $DEV/${out.trim()} echo 20 496 8`, /^\{"messages".*\}\n$/);
}

async function sayHello(processor: Processor, client: Client): Promise<void> {
  const port = `${processor.device}/rproc-virtio.*.auto/virtio*/virtio-ports/vport`;
  const { out } = await processor.ask(
    client,
    `${until(`set -- ${port}*; [ -e $1 ]`)}; echo \${1##*/}`,
    /^vport\d+p0\n$/,
  );
  const words = `exec 3<> $DEV/${out.trim()} && echo Hello ${processor.name} >&3; read -r -t 200 x <&3; exec 3<&-; echo $x`;
  await processor.ask(client, words, `hELLO ${processor.name.toUpperCase()}\n`);
}

async function readTrace(processor: Processor, client: Client): Promise<void> {
  const { out } = await processor.ask(client, `cat ${processor.debug}/trace0`, /^/);
  const wanted = FIRMWARE[processor.firmware];
  if (wanted?.test(wholeLines(out)) !== true) throw new WrongAnswer(`the trace of ${processor.firmware} is ${out}`);
}

const CLI = 'node $PROGRAM';

async function startByVerb(processor: Processor, client: Client): Promise<void> {
  await processor.ask(client, `${CLI} start $ROOT ${processor.name} hello.elf`, '');
  Object.assign(processor, { firmware: 'hello.elf', state: 'running', starts: 1 });
  await checkState(processor, client);
}

async function stopByVerb(processor: Processor, client: Client): Promise<void> {
  await processor.ask(client, `${CLI} stop $ROOT ${processor.name}`, '');
  Object.assign(processor, { state: 'offline', starts: 0 });
  await checkState(processor, client);
}

const runs = ({ state }: Processor): boolean => state === 'running';
const runsWith =
  (...names: string[]) =>
  (processor: Processor): boolean =>
    runs(processor) && names.includes(processor.firmware);

export const CHANGES: Readonly<Record<string, Change>> = {
  load: { weight: 12, run: load },
  start: { weight: 16, run: start, possible: ({ starts }) => starts < 3 },
  stop: { weight: 10, run: stop },
  nonsense: { weight: 2, run: nonsense },
  recovery: { weight: 4, run: setRecovery },
  coredump: { weight: 4, run: setCoredump },
  crash: { weight: 8, run: crash, possible: runs },
  hotplug: { weight: 4, run: hotplug, possible: ({ starts }) => starts < 2 },
  talk: { weight: 10, run: talk, possible: runsWith('rpmsg-echo.elf') },
  'say hello': { weight: 10, run: sayHello, possible: runsWith('case-invert.elf') },
  trace: {
    weight: 8,
    run: readTrace,
    possible: runsWith(...Object.keys(FIRMWARE).filter((name) => name !== 'spin.elf')),
  },
  'start verb': { weight: 1, run: startByVerb, possible: ({ state }) => state === 'offline' },
  'stop verb': { weight: 1, run: stopByVerb, possible: ({ starts }) => starts === 1 },
};
