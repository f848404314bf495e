import fc from 'fast-check';
import t from 'tap';
import { CommandError } from '../../src/cli/command-error.js';
import { parseMachine, type MachineDescription } from '../../src/cli/machine-file.js';

/** What is said about a file that is refused; empty when it is not. */
function complaint(text: string): string {
  try {
    parseMachine(text, 'board.yaml');
    return '';
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
}

const DSP = `
  - name: dsp.0
    driver: acme-dsp
    label: dsp
    firmware-name: dsp.elf
    auto-boot: true
    memory-region:
      - { name: ram, da: 0x00100000, dma: 0x10000000, size: 0x00100000 }
`;

t.test('a board', (t) => {
  const machine = parseMachine(
    `endian: be\ncpus: { possible: 4, present: '0-2', online: '0,1', remote: '2', limit: 8 }\ndma-pool: { base: 0x4000000, size: 0x100000 }\ndevices:${DSP}`,
    'board.yaml',
  );
  t.match(machine, {
    hardware: { endian: 'be', cpus: 4 },
    linux: {
      cpus: { present: [0, 1, 2], online: [0, 1], limit: 8 },
      mask: [2],
      dmaPool: { start: 0x4000000, end: 0x4100000 },
      template: { driver: 'acme-dsp', memoryName: 'ram', da: 0x100000 },
    },
  });
  t.match(machine.linux.devices, [
    { device: 'dsp.0', driver: 'acme-dsp', processor: 'dsp', firmware: 'dsp.elf', autoBoot: true, detached: false },
  ]);
  t.end();
});

t.test('its cores', (t) => {
  const { hardware } = parseMachine('cpu: I6400\nclock: virtual\nuhi-root: files', '/boards/board.yaml');
  t.same(hardware, { cpu: 'I6400', clock: 'virtual', uhiRoot: '/boards/files' }, 'a path is that of the file');
  t.end();
});

t.test('what is left out', (t) => {
  const { linux, ...machine } = parseMachine('devices: [{ name: dsp.3 }]', 'board.yaml');
  t.same(machine, { hardware: {} });
  t.match(linux.devices, [
    { driver: 'dsp', processor: 'dsp.3', regions: [], memoryUse: 'parse-firmware', needsTable: true },
  ]);
  t.same(parseMachine('{}', 'board.yaml').linux.devices, []);
  t.end();
});

t.test('JSON, with numbers as texts', (t) => {
  const text = JSON.stringify({
    devices: [{ name: 'd', 'memory-region': [{ name: 'r', da: '0x1000', dma: '4096', size: 4096 }] }],
  });
  t.match(parseMachine(text, 'board.json').linux.devices?.[0]?.regions, [{ da: 0x1000, dma: 0x1000, size: 0x1000 }]);
  t.end();
});

t.test('what is refused, and how', (t) => {
  const complaints: Readonly<Record<string, RegExp>> = {
    '': /^board\.yaml: the file: it must have named values$/,
    '[1]': /^board\.yaml: the file: it must have named values$/,
    'devices: [': /^board\.yaml: it is neither YAML nor JSON: [^\n]+$/,
    'core: 1': /^board\.yaml: the file: there is no core; known are endian, cpu, /,
    'cpu: 1': /^board\.yaml: cpu: it must be interAptiv or .*I6400 or /,
    'clock: fast': /^board\.yaml: clock: it must be real or virtual$/,
    'uhi-root: 1': /^board\.yaml: uhi-root: it must be a text$/,
    'endian: middle': /^board\.yaml: endian: it must be le or be$/,
    'cpus: {}': /^board\.yaml: cpus\.possible: it is missing$/,
    'cpus: { possible: 0 }': /^board\.yaml: cpus\.possible: it must be a whole number from 1 to 128 /,
    'cpus: { possible: 2, online: 0-2 }': /^board\.yaml: cpus\.online: it must be a list of CPUs below 2, /,
    'cpus: { possible: 2, online: [0] }': /^board\.yaml: cpus\.online: it must be a text /,
    'devices: {}': /^board\.yaml: devices: it must be a list$/,
    'devices: [{}]': /^board\.yaml: devices\[0\]\.name: it is missing$/,
    'devices: [{ name: a/b }]': /^board\.yaml: devices\[0\]\.name: it must be a name of /,
    'devices: [{ name: .. }]': /^board\.yaml: devices\[0\]\.name: it must be a name of /,
    'devices: [{ name: a }, { name: a }]': /^board\.yaml: devices: two devices are called a$/,
    'devices: [{ name: a, auto-boot: yes }]': /^board\.yaml: devices\[0\]\.auto-boot: it must be true or false$/,
    'devices: [{ name: a, compatible: x }]': /^board\.yaml: devices\[0\]\.compatible: it must be generic-rproc$/,
    'devices: [{ name: a, without: [start] }]': /^board\.yaml: devices\[0\]\.without\[0\]: it must be stop or kick$/,
    'devices: [{ name: a, memory-region: [{ name: r, da: 0, dma: 0 }] }]':
      /^board\.yaml: devices\[0\]\.memory-region\[0\]\.size: it is missing$/,
    'devices: [{ name: a, memory-region: [{ name: r, da: 0xffffffff, dma: 0, size: 2 }] }]':
      /memory-region\[0\]\.da: the region ends above 32 bits$/,
    'dma-pool: { base: 1, size: 4096 }': /^board\.yaml: dma-pool\.base: it must be a multiple of 4096$/,
    'reset: { driver: d }': /^board\.yaml: reset\.memory-region: it must be a list of one region$/,
  };
  for (const [text, wanted] of Object.entries(complaints)) t.match(complaint(text), wanted, text);
  t.end();
});

t.test('whatever a file holds, it is a machine or one line', (t) => {
  const machine: readonly (keyof MachineDescription)[] = ['hardware', 'linux'];
  const isOneLine = (text: string): boolean => {
    const said = complaint(text);
    return said === ''
      ? Object.keys(parseMachine(text, 'board.yaml')).every((key) => machine.some((name) => name === key))
      : !said.includes('\n');
  };
  fc.assert(fc.property(fc.json(), isOneLine), { numRuns: 300 });
  fc.assert(fc.property(fc.string({ maxLength: 60 }), isOneLine), { numRuns: 300 });
  const values = fc.oneof(fc.jsonValue(), fc.constantFrom('0x10', '0-1', 1, true, []));
  const device = fc.dictionary(
    fc.constantFrom('name', 'driver', 'memory-region', 'coredump', 'resource-table'),
    values,
  );
  const file = fc.dictionary(
    fc.constantFrom('endian', 'cpu', 'clock', 'uhi-root', 'cpus', 'devices', 'reset', 'dma-pool'),
    fc.oneof(values, fc.array(device)),
  );
  fc.assert(
    fc.property(file, (content) => isOneLine(JSON.stringify(content))),
    { numRuns: 300 },
  );
  t.end();
});
