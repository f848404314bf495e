import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { codeOf } from '../fs/index.js';
import {
  findMachine,
  healthOf,
  isUnserved,
  mountedMachines,
  remedyOf,
  stillMounted,
  type MountedMachine,
} from './mounted-machines.js';
import { ROOT } from './processor-arguments.js';
import { statusOf, type ProcessorStatus } from './processor-status.js';
import { processorsOf } from './processors.js';
import { tableOf } from './table.js';

/** Names of members are the keys of `--json` (docs/commands.md). */
interface MachineStatus {
  readonly root: string;
  readonly pid: number;
  /** What is wrong, when it does not answer. */
  readonly problem: string | null;
  readonly processors: readonly ProcessorStatus[];
}

export const statusCommand = (): Command =>
  new Command('status')
    .description(
      'show the remote processors: state, firmware, uptime, instructions a second, last crash; status 1 if a machine does not answer',
    )
    .argument('[root]', `${ROOT}, or for all that are`)
    .option('--json', 'print it as JSON, whose keys docs/commands.md explains')
    .addHelpText('after', '\nExample: what runs, of all machines of this host:\n  $ mips-rprocfs status')
    .action(async (root: string | undefined, { json }: { json?: boolean }) => {
      const machines = root === undefined ? await mountedMachines() : [await findMachine(root)];
      const looked = await Promise.all(machines.map(machineStatus));
      // those of others may have come to their end meanwhile
      const found = root === undefined ? await stillMounted(looked) : looked;
      if (json === true) console.log(JSON.stringify(found, null, 2));
      else if (found.length === 0)
        console.log('No machine is mounted here: `mips-rprocfs mount ROOT --daemon` mounts one.');
      else console.log(found.map(linesOf).join('\n\n'));
      if (found.some(({ problem }) => problem !== null)) process.exitCode = 1;
    });

/** Long enough for a core that is in its turn to have finished it, ms. */
const MEASURED = 200;

async function machineStatus(machine: MountedMachine): Promise<MachineStatus> {
  const found = await healthOf(machine);
  if (found !== 'alive') return { ...machine, problem: remedyOf(machine, found), processors: [] };
  try {
    const processors = await processorsOf(machine);
    const pause = delay(MEASURED);
    return {
      ...machine,
      problem: null,
      processors: await Promise.all(processors.map((processor) => statusOf(processor, pause))),
    };
  } catch (error) {
    if (!isUnserved(error) && codeOf(error) !== 'ENOENT') throw error;
    return { ...machine, problem: 'has ended while it was looked at', processors: [] };
  }
}

const HEADING = ['N', 'NAME', 'STATE', 'FIRMWARE', 'UPTIME', 'INSTR/S', 'CRASHES', 'LAST CRASH'];

function linesOf({ root, pid, problem, processors }: MachineStatus): string {
  if (problem !== null) return `${root} ${problem}`;
  return [`${root}, process ${pid}`, ...tableOf(HEADING, processors.map(rowOf))].join('\n');
}

function rowOf(status: ProcessorStatus): string[] {
  const { n, name, state, firmware, uptime, instructionsPerSecond: rate, crashes, lastCrash } = status;
  const crash = lastCrash === null ? '' : `[${lastCrash.time.toFixed(6)}] ${lastCrash.reason ?? lastCrash.type}`;
  return [
    String(n),
    name ?? '',
    state ?? '',
    firmware ?? '',
    uptime === null ? '' : duration(uptime),
    rate === null ? '' : scaled(rate),
    crashes === null ? '' : String(crashes),
    crash,
  ];
}

/** `5.2 s`, `12:07`, `3:12:07`. */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), (seconds % 3600) / 60];
  return hours === 0 ? `${Math.floor(minutes)}:${two(seconds % 60)}` : `${hours}:${two(minutes)}:${two(seconds % 60)}`;
}

/** `0`, `950`, `1.2 k`, `83 M`: three digits at most. */
function scaled(value: number): string {
  const power = value < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(value) / 3));
  const short = value / 1000 ** power;
  return `${short.toFixed(power > 0 && short < 10 ? 1 : 0)}${['', ' k', ' M', ' G'][power] ?? ''}`;
}
