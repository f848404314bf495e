/** What to do about failures that are known, by what the kernel says of them. */
const KNOWN: readonly (readonly [line: RegExp, advice: string])[] = [
  [
    /request_firmware failed: -2\b/,
    'The image is in none of the directories searched: copy it to one of them, or name another by `load`.',
  ],
  [/request_firmware failed: -22\b/, 'The image is empty, no regular file, or its name has `..` in it.'],
  [
    /bad phdr da/,
    'A segment is linked at an address that no carveout covers: give the resource table a carveout there, or link the firmware elsewhere.',
  ],
  [
    /Image is not ELF|is corrupted|too small/i,
    'The file is no ELF image: build it with a cross compiler, and copy the .elf, not a .bin or .hex.',
  ],
  [
    /Unsupported firmware endianness/,
    'The image has the other byte order: build it with -EL or -EB, or mount the machine with the other --endian.',
  ],
  [
    /Unsupported class/,
    'The image has the wrong width: cores of 32 bits take ELF32 only; mount with another --cpu for ELF64.',
  ],
  [
    /no resource table found/i,
    'The image has no .resource_table: add the section, with at least a header, and keep the linker from dropping it.',
  ],
  [
    /failed to allocate|can't allocate|-12\b/,
    'There was no memory for a carveout or a vring: ask for less in the resource table, or mount with more --mem.',
  ],
  [
    /rsc table is truncated|Failed to process resources/,
    'The resource table is damaged: compare its lengths and offsets with what `inspect` shows.',
  ],
  [/Boot failed: -110\b/, 'The driver waited in vain: look at the trace, and at faults that are set in mips-rproc.'],
  [/TLB miss .*address 0x0{6,14}[0-9a-f]{2}\b/, 'It used a null pointer, or a small offset from one.'],
  [
    /TLB miss .*address 0x(?!0{6,14}[0-9a-f]{2}\b)/,
    'It used an address that no carveout is mapped at: only what the resource table names can be reached.',
  ],
  [
    /Reserved instruction/i,
    'It executed an instruction that this core does not have: compare -march with --cpu, or it ran into data.',
  ],
  [/Address error/i, 'It used an address that is not aligned, or not allowed in its mode.'],
  [/firmware exited with code/, 'The firmware ended by itself: a firmware that is to stay must not return from main.'],
];

/** One sentence for each kind of failure in these lines. */
export const adviceOn = (lines: readonly string[]): string[] => {
  const found = KNOWN.filter(([known]) => lines.some((line) => known.test(line))).map(([, advice]) => advice);
  return [...new Set(found)];
};
