/**
 * The MIPS machine. Linux sees it through `hardware.ts` only.
 *
 * Machine        RAM, GIC, host threads; lives on Linux's thread. Owns everything below.
 * host thread    a worker that runs cores in slices (host-thread.ts); a few carry many cores.
 * Core           state block, CP0, TLB, timer (cpu/), executing generated code (wasm/) made from one table (isa/).
 * translator     hot code as WebAssembly functions, made in a thread of its own (translator/).
 * GIC, bus       devices/; their registers lie in shared memory, because every thread reaches them.
 * UHI            calls of the firmware to its host (uhi/).
 *
 * Signals between threads are doorbells: a word in shared memory that is counted up and notified (layout.ts). A core in
 * WAIT sleeps on its thread's doorbell until its next timer.
 *
 * What needs the instruction table (isa/, wasm/) is loaded by those who use it, not from here: it takes a quarter of a second.
 */
export * from './hardware.js';
export { coreModel, DEFAULT_MODEL, modelNames, type CoreModel } from './cpu/models/index.js';
export { Machine } from './machine.js';
