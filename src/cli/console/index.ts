/**
 * The verb `console`: a terminal on a port of a remote processor.
 *
 * escape     the key that leaves it
 * port       the port as a stream of bytes: a tty, which is made raw for the time, or a file as vport0p0
 * session    copies both ways until one of the sides has had enough
 */
import { Command, InvalidArgumentError } from 'commander';
import { findMachine } from '../mounted-machines.js';
import { escapeKey, type EscapeKey } from './escape.js';
import { openPort } from './port.js';
import { converse } from './session.js';

const LINGER = 1;
const LONGEST_LINGER = 3600;

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= LONGEST_LINGER))
    throw new InvalidArgumentError(`not a number of seconds from 0 to ${LONGEST_LINGER}`);
  return value;
}

interface Choice {
  readonly root?: string;
  readonly escape: EscapeKey;
  readonly linger: number;
}

export const consoleCommand = (): Command =>
  new Command('console')
    .description('talk to a remote processor through one of its ports, from a terminal or in a pipe')
    .argument('<port>', 'hvc0, ttyRPMSG0, vport0p0 or their like, or the path of a port')
    .option('--root <root>', 'the directory that was given to mount (default: the only machine that is mounted)')
    .option(
      '--escape <key>',
      'the key that leaves it, as ^X or a single character, or none',
      escapeKey,
      escapeKey('^]'),
    )
    .option(
      '--linger <seconds>',
      'how long the port has to be silent, after the end of input that is no terminal, until it ends',
      seconds,
      LINGER,
    )
    .addHelpText(
      'after',
      `
Keys go to the processor as they are, Ctrl-C too; Ctrl-] leaves. In a pipe, all of the input is sent, and what comes back is
printed until nothing has come for a while:
  $ printf 'hello\\n' | mips-rprocfs console vport0p0`,
    )
    .action(async (name: string, { root, escape, linger }: Choice) => {
      const path = name.includes('/') ? name : `${(await findMachine(root)).root}/dev/${name}`;
      await converse(await openPort(path), { name, escape, linger: linger * 1000 });
    });
