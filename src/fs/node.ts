import type { Attribute } from './attribute.js';
import type { Binary } from './binary.js';
import type { Directory } from './directory.js';
import type { Stream } from './stream.js';
import type { Symlink } from './symlink.js';

/** What can be opened, read and written. */
export type FileNode = Attribute | Binary | Stream;

/** Everything that a directory can hold; `kind` tells them apart. */
export type Node = Directory | Symlink | FileNode;
