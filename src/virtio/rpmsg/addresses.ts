import { Errno } from '../../kernel/index.js';

/** RPMSG_ADDR_ANY: any address will do, or none is known. */
export const ANY_ADDRESS = 0xffff_ffff;
/** Below are the well-known ones (RPMSG_RESERVED_ADDRESSES). */
const FIRST_DYNAMIC = 1024;
const HIGHEST = 0x7fff_ffff;

/** Who has which local address: docs/reference/kernel-abi.md 7.4. */
export class Addresses<Owner> {
  readonly #owners = new Map<number, Owner>();

  get(address: number): Owner | undefined {
    return this.#owners.get(address);
  }

  /**
   * That address, or the lowest free one that is not reserved.
   *
   * @throws Errno ENOSPC when it is taken, EINVAL when it is none.
   */
  allocate(wanted: number, owner: (address: number) => Owner): Owner {
    let address = wanted;
    if (wanted === ANY_ADDRESS) for (address = FIRST_DYNAMIC; this.#owners.has(address);) address++;
    if (address > HIGHEST) throw new Errno('EINVAL');
    if (this.#owners.has(address)) throw new Errno('ENOSPC');
    const made = owner(address);
    this.#owners.set(address, made);
    return made;
  }

  free(address: number): void {
    this.#owners.delete(address);
  }
}
