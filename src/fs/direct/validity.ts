import type { Node } from '../node.js';

/**
 * Milliseconds for which the kernel may believe what stat(2) shows: for ever, where it hears of every change
 * (notices.ts). For how long it may believe a name is in names.ts.
 */
export const attributeValidity = (node: Node): number => (node.kind === 'binary' ? 0 : Infinity);
