/** What `rpmsg ping` and `rpmsg echo-test` take: `[root] <channel>`, and numbers. */
import { InvalidArgumentError, type Command } from 'commander';
import { findMachine } from '../mounted-machines.js';
import { isRoot, ROOT } from '../processor-arguments.js';
import { withEndpoint, type Endpoint } from './endpoint.js';

export const channelArguments = (command: Command): Command =>
  command
    .argument('[root]', ROOT)
    .argument('[channel]', 'the name of a service such as rpmsg-raw, of a channel as `rpmsg list` shows it, or rpmsgN')
    .usage('[options] [root] <channel>');

/** @throws CommandError; CommanderError for wrong usage. */
export async function withChannel<T>(
  command: Command,
  given: readonly (string | undefined)[],
  use: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const words = given.filter((word) => word !== undefined);
  const root = words.length > 1 || isRoot(words[0] ?? '') ? words.shift() : undefined;
  const [channel] = words;
  if (channel === undefined) return command.error("error: missing required argument 'channel'");
  return withEndpoint(await findMachine(root), channel, use);
}

/** Of an option. */
export const numberFrom =
  (least: number, most: number, kind: 'whole' | 'any') =>
  (text: string): number => {
    const value = Number(text);
    const sound =
      /^[\d.]+$/.test(text) && value >= least && value <= most && (kind === 'any' || Number.isInteger(value));
    if (!sound)
      throw new InvalidArgumentError(
        `It must be a${kind === 'whole' ? ' whole' : ''} number from ${least} to ${most}.`,
      );
    return value;
  };
