/** What figures are worth little without: the host that they were measured on. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release } from 'node:os';

export interface Host {
  readonly date: string;
  readonly cpu: string;
  readonly processors: number;
  /** Of the minute before: what else ran makes figures worse, and less certain. */
  readonly load: number;
  readonly linux: string;
  readonly node: string;
  readonly v8: string;
  readonly qemu: string;
}

export const host = (): Host => ({
  date: new Date().toISOString(),
  cpu: cpus()[0]?.model ?? '',
  processors: availableParallelism(),
  load: loadavg()[0] ?? NaN,
  linux: release(),
  node: process.versions.node,
  v8: process.versions.v8,
  qemu: execFileSync('qemu-system-mipsel', ['--version'], { encoding: 'utf8' }).split('\n', 1)[0] ?? '',
});
