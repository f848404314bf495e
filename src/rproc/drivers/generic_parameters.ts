/**
 * The generic driver's parameters, as a kernel module has them: `name=value` words, from which all its devices are made.
 * docs/machine-file.md lists them.
 */
import { Errno } from '../../kernel/index.js';
import { bytesOf, parseBoolean, parseUnsigned } from '../text.js';
import { MEMORY_USES, VENDOR_RESOURCES, type GenericOptions, type MemoryRegion } from './generic_options.js';

const EM_MIPS = 8;
const MOST_DEVICES = 4;
const VRING_REGION = { fromEnd: 0x10000, size: 0x8000, count: 2 } as const;
const SEGMENTS = [
  { offset: 0, size: 0x1000 },
  { offset: 0x8000, size: 0x300 },
] as const;
const BEYOND_SIZE = 0x100;
const LOADED_TABLE = { offset: 0xf000, trace: 0xe000, traceSize: 0x400, name: 'attach-trace' } as const;
const ELF_CLASSES = [undefined, 'elf32', 'elf64'] as const;

/** What is the same for every reset: names, and where the memory is. */
export interface GenericTemplate {
  readonly driver: string;
  readonly memoryName: string;
  readonly da: number;
  /** Of the first device; the next one's memory follows. */
  readonly dma: number;
  readonly size: number;
}

export const DEFAULT_TEMPLATE: GenericTemplate = {
  driver: 'generic-rproc',
  memoryName: 'ram',
  da: 0x0010_0000,
  dma: 0x1000_0000,
  size: 0x0010_0000,
};

const defaults = ({ da, dma, size }: GenericTemplate) => ({
  n: 1,
  name: ['mips'],
  fw: Array<string>(),
  profile: 0,
  strict: true,
  auto_boot: false,
  ro: false,
  detached: false,
  attach_table: false,
  attach_recovery: false,
  segs: 0,
  elfinfo: 1,
  nostop: false,
  nokick: false,
  loopback: false,
  prereg: false,
  vendor: 0,
  mem_pa: dma,
  mem_da: da,
  mem_len: size,
});
type Parameters = ReturnType<typeof defaults>;

/** One line each, `name=value`, as they are without a word about them. */
export const showParameters = (template: GenericTemplate): string =>
  Object.entries(defaults(template))
    .map(([name, value]) => `${name}=${typeof value === 'boolean' ? (value ? 'Y' : 'N') : String(value)}\n`)
    .join('');

/** @throws Errno EINVAL for a value, EOPNOTSUPP for a parameter that there is not. */
export function genericDevices(text: string, template: GenericTemplate): GenericOptions[] {
  const parameters = parse(text, defaults(template));
  const { n, profile, vendor, elfinfo, segs } = parameters;
  const sound =
    n >= 1 && n <= MOST_DEVICES && profile < MEMORY_USES.length && vendor < VENDOR_RESOURCES.length && elfinfo < 3;
  if (!sound || segs > SEGMENTS.length + 1) throw new Errno('EINVAL');
  return Array.from({ length: n }, (_, index) => device(parameters, template, index));
}

function device(given: Parameters, { driver, memoryName }: GenericTemplate, index: number): GenericOptions {
  const { mem_da: da, mem_len: size } = given;
  const dma = given.mem_pa + index * size;
  const regions: MemoryRegion[] = [{ name: memoryName, da, dma, size }];
  for (let ring = 0; given.prereg && ring < VRING_REGION.count; ring++) {
    const offset = size - VRING_REGION.fromEnd + ring * VRING_REGION.size;
    regions.push({ name: `vdev0vring${ring}`, da: da + offset, dma: dma + offset, size: VRING_REGION.size });
  }
  const [firmware, elfClass] = [given.fw[index], ELF_CLASSES[given.elfinfo]];
  const segments = [...SEGMENTS, { offset: size, size: BEYOND_SIZE }];
  return {
    device: `${driver}.${index}`,
    driver,
    processor: given.name[index] ?? 'mips',
    ...(firmware === undefined || firmware === '' ? {} : { firmware }),
    regions,
    memoryUse: MEMORY_USES[given.profile] ?? 'parse-firmware',
    needsTable: given.strict,
    autoBoot: given.auto_boot,
    readOnly: given.ro,
    detached: given.detached,
    attachOnRecovery: given.attach_recovery,
    ...(given.attach_table
      ? {
          loadedTable: {
            da: da + LOADED_TABLE.offset,
            traces: [{ name: LOADED_TABLE.name, da: da + LOADED_TABLE.trace, size: LOADED_TABLE.traceSize }],
          },
        }
      : {}),
    dumpSegments: segments
      .slice(0, given.segs)
      .map(({ offset, size: length }) => ({ da: BigInt(da + offset), size: BigInt(length) })),
    ...(elfClass === undefined ? {} : { dump: { elfClass, machine: EM_MIPS } }),
    lacks: { stop: given.nostop, kick: given.nokick },
    loopback: given.loopback,
    vendorResources: VENDOR_RESOURCES[given.vendor] ?? 'unknown',
  };
}

const number = (value: string): number => parseUnsigned(bytesOf(value));
const list = (value: string): string[] => value.split(',');

const PARSERS: { readonly [Name in keyof Parameters]: (value: string) => Parameters[Name] } = {
  n: number,
  name: list,
  fw: list,
  profile: number,
  strict: parseBoolean,
  auto_boot: parseBoolean,
  ro: parseBoolean,
  detached: parseBoolean,
  attach_table: parseBoolean,
  attach_recovery: parseBoolean,
  segs: number,
  elfinfo: number,
  nostop: parseBoolean,
  nokick: parseBoolean,
  loopback: parseBoolean,
  prereg: parseBoolean,
  vendor: number,
  mem_pa: number,
  mem_da: number,
  mem_len: number,
};

const isParameter = (name: string): name is keyof Parameters => Object.hasOwn(PARSERS, name);

function parse(text: string, parameters: Parameters): Parameters {
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/.exec(word) ?? [];
    if (!isParameter(name)) throw new Errno('EOPNOTSUPP');
    // a flag may stand alone
    Object.assign(parameters, { [name]: PARSERS[name](value ?? '1') });
  }
  return parameters;
}
