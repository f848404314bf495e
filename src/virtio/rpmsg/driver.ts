import { Errno, negative, type BusDriver } from '../../kernel/index.js';
import type { RpmsgChannel } from './channel.js';

/** What an rpmsg driver is, without what every one of them does: see {@link rpmsgDriver}. */
export interface RpmsgDriverParts {
  readonly name: string;
  readonly module?: string;
  /** Names of the channels that it has without being asked for. */
  readonly services: readonly string[];
  /** With it, a channel has an endpoint for as long as the driver has the channel. */
  readonly receive?: (channel: RpmsgChannel, payload: Uint8Array, source: number) => void;
  /** @throws Errno when it can't have the channel. Nothing of it may remain then, but for an endpoint. */
  probe(channel: RpmsgChannel): void;
  remove(channel: RpmsgChannel): void;
}

/** rpmsg_dev_probe() and rpmsg_dev_remove(): endpoint and announcements, around the driver's own work. */
export const rpmsgDriver = (parts: RpmsgDriverParts): BusDriver<RpmsgChannel> => ({
  name: parts.name,
  ...(parts.module === undefined ? {} : { module: parts.module }),
  matches: ({ service }) => parts.services.includes(service),
  probe: (channel) => {
    const { receive } = parts;
    if (receive !== undefined) listen(channel, (payload, source) => receive(channel, payload, source));
    try {
      probe(channel, parts);
    } catch (error) {
      closeEndpoint(channel);
      throw error;
    }
  },
  remove: (channel) => {
    try {
      announce(channel, true);
    } catch (error) {
      // it has been logged, and nothing can be done about it
      negative(error);
    }
    parts.remove(channel);
    closeEndpoint(channel);
  },
});

function listen(channel: RpmsgChannel, receive: (payload: Uint8Array, source: number) => void): void {
  const endpoint = channel.carrier.createEndpoint(channel, channel.src, receive);
  if (endpoint === undefined) {
    channel.log.err('failed to create endpoint');
    throw new Errno('ENOMEM');
  }
  channel.endpoint = endpoint;
  channel.src = endpoint.address;
}

function probe(channel: RpmsgChannel, parts: RpmsgDriverParts): void {
  try {
    parts.probe(channel);
  } catch (error) {
    channel.log.err(`rpmsg_dev_probe: failed: ${negative(error)}`);
    throw error;
  }
  try {
    announce(channel, false);
  } catch (error) {
    channel.log.err('failed to announce creation');
    parts.remove(channel);
    throw error;
  }
}

/** Only channels whose address was chosen here are news to the remote side. @throws Errno */
function announce(channel: RpmsgChannel, destroy: boolean): void {
  const { endpoint, carrier } = channel;
  if (!channel.announce || endpoint === undefined) return;
  try {
    carrier.announce(endpoint, destroy);
  } catch (error) {
    channel.log.err(`failed to announce service ${negative(error)}`);
    throw error;
  }
}

function closeEndpoint(channel: RpmsgChannel): void {
  const { endpoint, carrier } = channel;
  channel.endpoint = undefined;
  if (endpoint !== undefined) carrier.destroyEndpoint(endpoint);
}
