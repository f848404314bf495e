import { Errno, type ErrnoName } from '../../kernel/index.js';
import { mknodRefusal } from '../stat.js';
import type { Handlers } from './handler.js';
import { OPCODE } from './protocol.js';

const refuse = (code: ErrnoName) => (): never => {
  throw new Errno(code);
};

/** What no user may do in such a tree: docs/reference/kernel-abi.md 0.2 and 0.3. */
export const refusals: Handlers = {
  [OPCODE.CREATE]: refuse('EACCES'),
  [OPCODE.MKNOD]: ({ body }) => {
    throw new Errno(mknodRefusal(body.readUInt32LE(0)));
  },
  [OPCODE.MKDIR]: refuse('EPERM'),
  [OPCODE.UNLINK]: refuse('EPERM'),
  [OPCODE.RMDIR]: refuse('EPERM'),
  [OPCODE.RENAME]: refuse('EPERM'),
  [OPCODE.RENAME2]: refuse('EPERM'),
  [OPCODE.SYMLINK]: refuse('EPERM'),
  [OPCODE.LINK]: refuse('EPERM'),
  [OPCODE.TMPFILE]: refuse('EOPNOTSUPP'),
  [OPCODE.FALLOCATE]: refuse('EOPNOTSUPP'),
};
