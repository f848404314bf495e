import { negative, type Bus, type BusDriver, type KernelModule, type ModuleParameters } from '../../kernel/index.js';
import { bytesOf } from '../../rproc/index.js';
import type { RpmsgChannel } from './channel.js';
import { rpmsgDriver } from './driver.js';

const MESSAGE = bytesOf('hello world!');
const DEFAULT_COUNT = 100;

/** The module rpmsg_client_sample: docs/reference/kernel-abi.md 7.8. */
export const clientSample = (bus: Bus<RpmsgChannel>): KernelModule => ({
  name: 'rpmsg_client_sample',
  parameters: { count: DEFAULT_COUNT },
  init: (parameters) => {
    const driver = sampleDriver(parameters);
    bus.addDriver(driver);
    return () => bus.removeDriver(driver);
  },
});

function sampleDriver(parameters: ModuleParameters): BusDriver<RpmsgChannel> {
  /** Messages that each channel has got. */
  const received = new Map<RpmsgChannel, number>();
  const isLast = (count: number): boolean => count >= (parameters.get('count') ?? DEFAULT_COUNT);
  return rpmsgDriver({
    name: 'rpmsg_client_sample',
    module: 'rpmsg_client_sample',
    services: ['rpmsg-client-sample'],
    receive: (channel, _payload, source) => {
      const count = (received.get(channel) ?? 0) + 1;
      received.set(channel, count);
      channel.log.info(`incoming msg ${count} (src: 0x${source.toString(16)})`);
      if (isLast(count)) channel.log.info('goodbye!');
      else tryGreet(channel);
    },
    probe: (channel) => {
      channel.log.info(`new channel: 0x${channel.src.toString(16)} -> 0x${channel.dst.toString(16)}!`);
      received.set(channel, 0);
      greet(channel);
    },
    remove: (channel) => {
      received.delete(channel);
      channel.log.info('rpmsg sample client driver is removed');
    },
  });
}

/** @throws Errno */
function greet(channel: RpmsgChannel): void {
  try {
    channel.endpoint?.trySend(channel.dst, MESSAGE);
  } catch (error) {
    channel.log.err(`rpmsg_send failed: ${negative(error)}`);
    throw error;
  }
}

/** What it throws has been logged. */
function tryGreet(channel: RpmsgChannel): void {
  try {
    greet(channel);
  } catch (error) {
    negative(error);
  }
}
