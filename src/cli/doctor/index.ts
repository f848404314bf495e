/**
 * `doctor`: what this host allows, and what is missing. Every probe tries the thing itself, as the user who asks.
 *
 * Finding   what a probe found: ok, limited or not ok, and what to do.
 * Asker     whether this user may mount decides what is needed, and what only others would miss.
 */
import { mayMount } from '../../fs/index.js';
import type { Finding, Probe } from './finding.js';
import { device, fusermount, libfuse, privileges } from './fuse.js';
import { mount, node, run, staleMounts, terminals } from './machine.js';
import { mountNamespaces, overlayfs, overlayfsOfUsers, userNamespaces, utilLinux } from './namespaces.js';

export type { Finding } from './finding.js';

const PROBES: readonly Probe[] = [
  ...[node, device, utilLinux, privileges, libfuse, fusermount],
  ...[userNamespaces, mountNamespaces, overlayfs, overlayfsOfUsers, terminals, staleMounts, mount, run],
];

/** One after the other, in an order in which causes come before what they cause. */
export async function* examine(): AsyncGenerator<Finding> {
  const asker = { privileged: await mayMount() };
  for (const probe of PROBES) yield await probe(asker);
}
