/** Messages as bytes, in the byte order of the machine: docs/reference/kernel-abi.md 7.2, 7.3, 7.6. */
import type { Endian } from '../../emu/hardware.js';
import { bytesOf, cString } from '../../rproc/index.js';

/** Bytes of a buffer, and of what stands before a payload in it. */
export const BUFFER_SIZE = 512;
export const HEADER_SIZE = 16;
export const LARGEST_PAYLOAD = BUFFER_SIZE - HEADER_SIZE;
/** Of a channel's name, with its NUL. */
const NAME_SIZE = 32;

/** What a channel is asked for by, and found by. */
export interface ChannelInfo {
  readonly name: string;
  readonly src: number;
  readonly dst: number;
}

export interface Header {
  readonly source: number;
  readonly destination: number;
  /** Of the payload, as the sender says. */
  readonly length: number;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** @param buffer HEADER_SIZE bytes or more, which nobody else writes. */
export function decodeHeader(buffer: Uint8Array, endian: Endian): Header {
  const [view, little] = [viewOf(buffer), endian === 'le'];
  return {
    source: view.getUint32(0, little),
    destination: view.getUint32(4, little),
    length: view.getUint16(12, little),
  };
}

/**
 * How long a payload may be in a buffer of which so many bytes are said to be written. Who writes less than a header has
 * not counted: then the buffer is the limit (Linux reckons modulo 2^32, and has no limit).
 */
export const largestPayload = (written: number): number =>
  written < HEADER_SIZE ? LARGEST_PAYLOAD : written > BUFFER_SIZE ? -1 : written - HEADER_SIZE;

/** Writes a message into a buffer that holds it; gives its length. */
export function encodeMessage(
  buffer: Uint8Array,
  source: number,
  destination: number,
  payload: Uint8Array,
  endian: Endian,
): number {
  const [view, little] = [viewOf(buffer), endian === 'le'];
  view.setUint32(0, source, little);
  view.setUint32(4, destination, little);
  view.setUint32(8, 0, little);
  view.setUint16(12, payload.length, little);
  view.setUint16(14, 0, little);
  buffer.set(payload, HEADER_SIZE);
  return HEADER_SIZE + payload.length;
}

/** RPMSG_NS_ADDR, of the name service on both sides. */
export const NAME_SERVICE_ADDRESS = 53;
const DESTROY = 1;

/** What a name service is told: a channel has come, or gone. */
export interface Announcement {
  readonly name: string;
  readonly address: number;
  readonly destroy: boolean;
}

const ANNOUNCEMENT = { address: NAME_SIZE, flags: NAME_SIZE + 4, size: NAME_SIZE + 8 } as const;

/** A name of NAME_SIZE bytes, whose last one is a NUL whatever it is. */
const nameIn = (bytes: Uint8Array): string => cString(bytes.subarray(0, NAME_SIZE - 1));

/** Nothing when the length is wrong. */
export function decodeAnnouncement(payload: Uint8Array, endian: Endian): Announcement | undefined {
  if (payload.length !== ANNOUNCEMENT.size) return undefined;
  const [view, little] = [viewOf(payload), endian === 'le'];
  return {
    name: nameIn(payload),
    address: view.getUint32(ANNOUNCEMENT.address, little),
    destroy: (view.getUint32(ANNOUNCEMENT.flags, little) & DESTROY) !== 0,
  };
}

export function encodeAnnouncement({ name, address, destroy }: Announcement, endian: Endian): Uint8Array {
  const payload = new Uint8Array(ANNOUNCEMENT.size);
  const [view, little] = [viewOf(payload), endian === 'le'];
  payload.set(bytesOf(name).subarray(0, NAME_SIZE));
  view.setUint32(ANNOUNCEMENT.address, address, little);
  view.setUint32(ANNOUNCEMENT.flags, destroy ? DESTROY : 0, little);
  return payload;
}

/** Bytes of a struct rpmsg_endpoint_info. */
export const ENDPOINT_INFO_SIZE = NAME_SIZE + 8;

/** A struct rpmsg_endpoint_info of a program, so in the byte order of the host: little endian, as Node runs on no other. */
export function decodeEndpointInfo(bytes: Uint8Array): ChannelInfo {
  const view = viewOf(bytes);
  return { name: nameIn(bytes), src: view.getUint32(NAME_SIZE, true), dst: view.getUint32(NAME_SIZE + 4, true) };
}
