/** Where Linux leaves the system devices (docs/reference/mips-uhi.md 3.4). */
export const GCR_BASE = 0x1fbf8000;
export const GIC_BASE = 0x1bdc0000;
export const CPC_BASE = 0x1bde0000;
