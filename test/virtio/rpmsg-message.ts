/** Messages of rpmsg as bytes: docs/reference/kernel-abi.md 7.2, 7.3. */
import type { Endian } from '../../src/emu/hardware.js';

const HEADER = 16;
const NAME_SERVICE = 53;
const SERVICE_LENGTH = 40;

export interface Message {
  readonly source: number;
  readonly destination: number;
  readonly payload: Uint8Array;
}

export interface ParsedMessage extends Message {
  /** What the name service was told. */
  readonly service?: { readonly name: string; readonly address: number; readonly flags: number };
}

export function message({ source, destination, payload }: Message, endian: Endian): Uint8Array {
  const bytes = new Uint8Array(HEADER + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, source, endian === 'le');
  view.setUint32(4, destination, endian === 'le');
  view.setUint16(12, payload.length, endian === 'le');
  bytes.set(payload, HEADER);
  return bytes;
}

export function parsed(bytes: Uint8Array, endian: Endian): ParsedMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u32 = (at: number): number => view.getUint32(at, endian === 'le');
  const payload = bytes.subarray(HEADER, HEADER + view.getUint16(12, endian === 'le'));
  const plain = { source: u32(0), destination: u32(4), payload };
  if (plain.destination !== NAME_SERVICE || payload.length !== SERVICE_LENGTH) return plain;
  const name = Buffer.from(payload.subarray(0, 32)).toString('latin1').replace(/\0.*$/s, '');
  return { ...plain, service: { name, address: u32(HEADER + 32), flags: u32(HEADER + 36) } };
}
