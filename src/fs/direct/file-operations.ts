import { constants } from 'node:fs';
import { Errno } from '../../kernel/index.js';
import { openFlags } from '../open-files.js';
import type { OpenFile } from '../request.js';
import type { Handlers, Mounted } from './handler.js';
import { ioctlOut, openOut, pollOut, writeOut } from './layout.js';
import {
  IOCTL_ON_DIRECTORY,
  NOTHING,
  OPCODE,
  OPEN_REPLY,
  POLL_SCHEDULE_NOTIFY,
  pollNotification,
  READ_LOCKOWNER,
  u64,
} from './protocol.js';

const openReply = (file: OpenFile): number =>
  OPEN_REPLY.DIRECT_IO |
  OPEN_REPLY.PARALLEL_DIRECT_WRITES |
  (file.seekable ? 0 : OPEN_REPLY.NONSEEKABLE | OPEN_REPLY.STREAM);

const nonblocking = (body: Buffer): boolean => (body.readUInt32LE(32) & constants.O_NONBLOCK) !== 0;

/** The kernel names whose read(2) it passes on; it reads pages for nobody in particular. */
const paged = (body: Buffer): boolean => (body.readUInt32LE(20) & READ_LOCKOWNER) === 0;

/** What the kernel asks of open files. */
export function fileOperations({ nodes, files, names, stale, notify }: Mounted): Handlers {
  return {
    [OPCODE.OPEN]: ({ nodeid, pid, body }, request) => {
      const node = nodes.node(nodeid);
      if (node.kind === 'directory') throw new Errno('EISDIR');
      if (node.kind === 'symlink') throw new Errno('ELOOP');
      const flags = openFlags(body.readUInt32LE(0));
      stale.checkOpen(nodeid, flags, pid);
      request.nonblock = flags.nonblock;
      const reply = (file: OpenFile) => openOut(files.add({ node, file, flags }), openReply(file));
      const file = node.open(flags, request);
      return file instanceof Promise ? file.then(reply) : reply(file);
    },
    [OPCODE.READ]: ({ body }, request) => {
      request.nonblock = nonblocking(body);
      request.paged = paged(body);
      const size = body.readUInt32LE(16);
      const { node, file } = files.get(u64(body, 0));
      const reply = (data: Uint8Array): Uint8Array => {
        // the kernel takes the end of a page that is not full for st_size
        if (request.paged) names.recall(node);
        return data.subarray(0, size);
      };
      const data = file.read(u64(body, 8), size, request);
      return data instanceof Promise ? data.then(reply) : reply(data);
    },
    [OPCODE.WRITE]: ({ nodeid, body }, request) => {
      request.nonblock = nonblocking(body);
      const data = Uint8Array.from(body.subarray(40, 40 + body.readUInt32LE(16)));
      const written = files.get(u64(body, 0)).file.write(u64(body, 8), data, request);
      return written instanceof Promise ? nodes.waits(nodeid, written).then(writeOut) : writeOut(written);
    },
    [OPCODE.POLL]: ({ body }) => {
      const kernelHandle = Uint8Array.from(body.subarray(8, 16));
      const wants = (body.readUInt32LE(16) & POLL_SCHEDULE_NOTIFY) !== 0;
      const { file } = files.get(u64(body, 0));
      return pollOut(file.poll(wants ? () => notify(pollNotification(kernelHandle)) : undefined));
    },
    [OPCODE.IOCTL]: ({ body }, request) => {
      if (body.readUInt32LE(8) & IOCTL_ON_DIRECTORY) throw new Errno('ENOTTY');
      const { file, flags } = files.get(u64(body, 0));
      request.nonblock = flags.nonblock;
      const outputSize = body.readUInt32LE(28);
      const command = {
        command: body.readUInt32LE(12),
        argument: body.readBigUInt64LE(16),
        input: Uint8Array.from(body.subarray(32, 32 + body.readUInt32LE(24))),
        outputSize,
      };
      const reply = file.ioctl(command, request);
      const encode = ({ result, output = NOTHING }: { result: number; output?: Uint8Array }) =>
        ioctlOut(result, output.subarray(0, outputSize));
      return reply instanceof Promise ? reply.then(encode) : encode(reply);
    },
    [OPCODE.RELEASE]: ({ body }) => {
      const handle = u64(body, 0);
      const { node, flags } = files.get(handle);
      if (flags.write) names.recall(node);
      const released = files.release(handle);
      return released instanceof Promise ? released.then(() => NOTHING) : NOTHING;
    },
  };
}
