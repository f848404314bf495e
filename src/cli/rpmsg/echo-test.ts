import { Command } from 'commander';
import { channelArguments, numberFrom, withChannel } from './arguments.js';
import { LARGEST_MESSAGE, type Endpoint } from './endpoint.js';
import { roundTrip, testMessage, type RoundTrip } from './round-trip.js';

/** Complaints beyond these say nothing new. */
const MOST_COMPLAINTS = 10;
/** A remote side that is silent is so for every size. */
const MOST_SILENCES = 3;
const LONGEST = 3600;

export const echoTestCommand = (): Command => {
  const command = channelArguments(new Command('echo-test'))
    .description(
      `send a message of each size from 1 to ${LARGEST_MESSAGE} bytes to a service that echoes them, and compare; status 1 if one is wrong`,
    )
    .option('-W, --timeout <seconds>', 'how long an answer may take', numberFrom(0.001, LONGEST, 'any'), 1)
    .action(async (root: string | undefined, channel: string | undefined, { timeout }: { timeout: number }) => {
      const alright = await withChannel(command, [root, channel], (endpoint) => echoTest(endpoint, timeout * 1000));
      if (!alright) process.exitCode = 1;
    });
  return command;
};

async function echoTest(endpoint: Endpoint, timeout: number): Promise<boolean> {
  const { path, service } = endpoint.identity;
  console.log(`echo-test of ${service} (${path}): 1 to ${LARGEST_MESSAGE} bytes`);
  await endpoint.drop();
  let [same, wrong, silences] = [0, 0, 0];
  for (let size = 1; size <= LARGEST_MESSAGE && silences < MOST_SILENCES; size++) {
    const message = testMessage(size, 0);
    const trip = await roundTrip(endpoint, message, timeout);
    if (trip.outcome === 'same') same++;
    else if (++wrong <= MOST_COMPLAINTS) console.log(`${size} bytes: ${complaint(message, trip)}`);
    silences = trip.outcome === 'none' || trip.outcome === 'unsent' ? silences + 1 : 0;
  }
  if (wrong > MOST_COMPLAINTS) console.log(`and ${wrong - MOST_COMPLAINTS} more`);
  if (silences === MOST_SILENCES) console.log('it does not answer: the other sizes were not tried');
  console.log(`${same} of ${LARGEST_MESSAGE} sizes came back as they were${wrong === 0 ? '' : `, ${wrong} did not`}`);
  return same === LARGEST_MESSAGE;
}

function complaint(message: Buffer, { outcome, answer }: RoundTrip): string {
  if (outcome === 'unsent') return 'could not be sent: the remote side takes none';
  if (answer === undefined) return 'no answer';
  if (answer.length !== message.length) return `${answer.length} bytes came back`;
  const at = message.findIndex((byte, index) => byte !== answer[index]);
  const [sent = 0, got = 0] = [message[at], answer[at]];
  return `byte ${at} is 0x${got.toString(16)}, and was 0x${sent.toString(16)}`;
}
