/**
 * `rpmsg`: what can be done with channels through the files of a mounted machine, as any program could.
 *
 * Channel    a device of the rpmsg bus.
 * Endpoint   a channel's file, open; a channel without one gets the driver rpmsg_chrdev for as long as it is needed.
 * RoundTrip  a message to a service that echoes, and what came back.
 */
import { Command } from 'commander';
import { echoTestCommand } from './echo-test.js';
import { listCommand } from './list.js';
import { pingCommand } from './ping.js';

export const rpmsgCommand = (): Command =>
  new Command('rpmsg')
    .description('messages to and from remote processors: list channels, ping a service, test that it echoes')
    .addCommand(listCommand())
    .addCommand(pingCommand())
    .addCommand(echoTestCommand());
