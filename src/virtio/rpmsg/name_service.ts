import { Errno, negative, type BusDriver } from '../../kernel/index.js';
import { ANY_ADDRESS } from './addresses.js';
import type { RpmsgChannel } from './channel.js';
import { rpmsgDriver } from './driver.js';
import { NAME_SERVICE_ADDRESS } from './message.js';

/** The driver rpmsg_ns: the remote side says which services come and go (docs/reference/kernel-abi.md 7.3). */
export const nameService = (): BusDriver<RpmsgChannel> =>
  rpmsgDriver({
    name: 'rpmsg_ns',
    services: [],
    probe: (channel) => {
      const { carrier } = channel;
      const hear = (payload: Uint8Array): void => announced(channel, payload);
      channel.endpoint = carrier.createEndpoint(channel, NAME_SERVICE_ADDRESS, hear);
      if (channel.endpoint !== undefined) return;
      channel.log.err('failed to create the ns ept');
      throw new Errno('ENOMEM');
    },
    remove: () => undefined,
  });

function announced({ carrier }: RpmsgChannel, payload: Uint8Array): void {
  const { log } = carrier;
  const announcement = carrier.decodeAnnouncement(payload);
  if (announcement === undefined) {
    log.err(`malformed ns msg (${payload.length})`);
    return;
  }
  const { name, address: dst, destroy } = announcement;
  log.info(`${destroy ? 'destroy' : 'creat'}ing channel ${name} addr 0x${dst.toString(16)}`);
  const info = { name, src: ANY_ADDRESS, dst };
  if (!destroy) {
    if (carrier.createChannel(info) === undefined) log.err('rpmsg_create_channel failed');
    return;
  }
  try {
    carrier.releaseChannel(info);
  } catch (error) {
    log.err(`rpmsg_destroy_channel failed: ${negative(error)}`);
  }
}
