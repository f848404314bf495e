/** Messages as bytes, sound or not. */
import fc from 'fast-check';
import t from 'tap';
import { Errno } from '../../src/kernel/index.js';
import { Addresses, ANY_ADDRESS } from '../../src/virtio/rpmsg/addresses.js';
import {
  decodeAnnouncement,
  decodeEndpointInfo,
  decodeHeader,
  encodeAnnouncement,
  encodeMessage,
  largestPayload,
} from '../../src/virtio/rpmsg/message.js';
import { ascii } from '../rproc/bench.js';

const endian = fc.constantFrom('le' as const, 'be' as const);
const u32 = fc.nat(0xffff_ffff);

t.test('a message is read as it was written', (t) => {
  const payload = fc.uint8Array({ maxLength: 496 });
  fc.assert(
    fc.property(endian, u32, u32, payload, (order, source, destination, bytes) => {
      const buffer = new Uint8Array(512).fill(0xa5);
      const length = encodeMessage(buffer, source, destination, bytes, order);
      t.equal(length, 16 + bytes.length);
      t.same(decodeHeader(buffer, order), { source, destination, length: bytes.length });
      t.same(buffer.subarray(16, length), bytes);
      t.ok(buffer.subarray(length).every((byte) => byte === 0xa5));
    }),
  );
  const buffer = new Uint8Array(18);
  encodeMessage(buffer, 0x400, 53, ascii('ab'), 'be');
  t.equal(Buffer.from(buffer).toString('hex'), '00000400' + '00000035' + '00000000' + '0002' + '0000' + '6162');
  t.end();
});

t.test('how long a payload may be', (t) => {
  const limits = [
    [0, 496],
    [15, 496],
    [16, 0],
    [17, 1],
    [512, 496],
    [513, -1],
    [0xffff_ffff, -1],
  ] as const;
  for (const [written, limit] of limits) t.equal(largestPayload(written), limit, `${written} bytes`);
  fc.assert(fc.property(u32, (written) => largestPayload(written) <= 496));
  t.end();
});

t.test('what the name service is told', (t) => {
  fc.assert(
    fc.property(endian, fc.uint8Array({ maxLength: 100 }), (order, bytes) => {
      const heard = decodeAnnouncement(bytes, order);
      t.equal(heard === undefined, bytes.length !== 40);
      if (heard === undefined) return;
      t.ok(heard.name.length <= 31);
      t.notMatch(heard.name, '\0');
      t.same(decodeAnnouncement(encodeAnnouncement(heard, order), order), heard);
    }),
  );
  const full = new Uint8Array(40).fill(0x41);
  t.match(decodeAnnouncement(full, 'le'), { name: 'A'.repeat(31), address: 0x41414141, destroy: true });
  full[36] = 0xfe;
  t.match(decodeAnnouncement(full, 'le'), { destroy: false }, 'one bit only says so');
  t.end();
});

t.test('what a program asks for', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 40, maxLength: 40 }), (bytes) => {
      const { name, src, dst } = decodeEndpointInfo(bytes);
      t.ok(name.length <= 31);
      t.equal(src, Buffer.from(bytes).readUInt32LE(32));
      t.equal(dst, Buffer.from(bytes).readUInt32LE(36));
    }),
  );
  t.end();
});

t.test('addresses', (t) => {
  const addresses = new Addresses<number>();
  const take = (wanted: number): number => addresses.allocate(wanted, (address) => address);
  t.equal(take(ANY_ADDRESS), 1024);
  t.equal(take(1026), 1026);
  t.equal(take(ANY_ADDRESS), 1025);
  t.equal(take(ANY_ADDRESS), 1027);
  t.equal(take(0), 0);
  t.equal(take(0x7fff_ffff), 0x7fff_ffff);
  t.throws(() => take(1026), new Errno('ENOSPC'));
  t.throws(() => take(0x8000_0000), new Errno('EINVAL'));
  t.throws(() => take(0xffff_fffe), new Errno('EINVAL'));
  addresses.free(1025);
  addresses.free(1024);
  t.equal(addresses.get(1024), undefined);
  t.equal(addresses.get(1026), 1026);
  t.equal(take(ANY_ADDRESS), 1024, 'the lowest one first');
  t.end();
});
