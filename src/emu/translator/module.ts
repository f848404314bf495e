/**
 * A module of translated regions. Besides their functions, which call each other directly, it has `dispatch`, which goes
 * on from region to region as long as the address that comes next is one's entry, `invoke`, which regions call functions
 * through whose address they learn at run time, and a function for each that is called and is none of the module's: by a global
 * (its link), where whoever has the module says where in the table the function stands. The table is common to all modules.
 */
import type { Isa } from '../isa/index.js';
import { HOT, STATE } from '../layout.js';
import { hotEntry } from '../wasm/hot-places.js';
import type { Target } from '../wasm/interface.js';
import { encodeModule, FunctionBody, type Local, type Signature } from '../wasm/module.js';
import type { Callees } from './callees.js';
import { RegionLowering } from './lowering.js';
import type { Region } from './region.js';
import type { Assumptions } from './step-lowering.js';
import { callSummaries } from './summary.js';
import { withSwiftLoops } from './swift.js';

/** Calls within calls that translated code keeps on the host's stack; deeper ones begin anew at the dispatcher. */
const DEEPEST_CALL = 200;

/** Imported: calls a function of another module, which leaves its result in STATE.pc, or gives 0. */
const CALL_ELSEWHERE = 0;
/** Imported: the interpreter's functions. */
const [INTERPRET, INTERPRET_COMPRESSED] = [1, 2];
/** Imported: a load from a device. */
const LOAD_FROM_DEVICE = 3;
const INVOKE = 5;
const FIRST_REGION = 6;

/** Among the globals, behind that which says where in the table the module's functions stand. */
const FIRST_LINK = 1;

const INTERPRETER: Signature = { params: ['i32'], results: [] };

export interface Part {
  readonly region: Region;
  readonly assumptions: Assumptions;
}

function low(body: FunctionBody, address: Local): void {
  body.get(address);
  if (address.type === 'i64') body.op('i32.wrap_i64');
}

/** Leaves 1 + the table index of the region at `address`, of whatever module, on the stack, or 0. */
function lookUp(body: FunctionBody, isa: Isa, state: Local, address: Local, entry: Local): void {
  const found = body.local('i32');
  body.i32(0).set(found);
  hotEntry(body, isa, () => low(body, address));
  body
    .get(state)
    .op('i32.add')
    .tee(entry)
    .memory('i32.load', STATE.hot + HOT.tag);
  low(body, address);
  body.op('i32.eq');
  body.get(entry).memory('i32.load', STATE.hot + HOT.context);
  body.get(state).memory('i32.load', STATE.context).op('i32.eq').op('i32.and');
  if (address.type === 'i64') {
    low(body, address);
    body.op('i64.extend_i32_s').get(address).op('i64.eq').op('i32.and');
  }
  body.if(() =>
    body
      .get(entry)
      .memory('i32.load', STATE.hot + HOT.function)
      .set(found),
  );
  body.get(found);
}

/** Goes on at STATE.pc, which is no delay slot. */
function dispatch(isa: Isa, width: 'i32' | 'i64', like: number): FunctionBody {
  const body = new FunctionBody({ params: ['i32'], results: [] });
  const state = body.param(0);
  const [pc, entry, index] = [body.local(width), body.local('i32'), body.local('i32')];
  body.get(state).memory(`${width}.load`, STATE.pc).set(pc);
  body.block((end) => {
    body.loop((again) => {
      body.get(state).memory('i32.load', STATE.exited).brIf(end);
      body.get(state).memory('i32.load', STATE.budget).i32(HOT.leastBudget).op('i32.lt_s').brIf(end);
      lookUp(body, isa, state, pc, entry);
      body.tee(index).op('i32.eqz').brIf(end);
      body.get(state).i32(DEEPEST_CALL).get(index).i32(1).op('i32.sub').callIndirect(like).set(pc);
      body.br(again);
    });
  });
  body.get(state).get(pc);
  if (width === 'i32') body.op('i64.extend_i32_s');
  return body.memory('i64.store', STATE.pc);
}

/** invoke(state, address, depth): the region at that address, here or elsewhere, if there is one; else the address. */
function invoke(isa: Isa, width: 'i32' | 'i64', like: number): FunctionBody {
  const body = new FunctionBody({ params: ['i32', width, 'i32'], results: [width] });
  const [state, address, depth] = [body.param(0), body.param(1), body.param(2)];
  const [entry, index] = [body.local('i32'), body.local('i32')];
  lookUp(body, isa, state, address, entry);
  body.tee(index).op('i32.eqz');
  body.if(() => {
    if (width === 'i64') {
      low(body, address);
      body.op('i64.extend_i32_s').get(address).op('i64.ne');
      body.if(() => body.get(address).return());
    }
    low(body, address);
    body.get(depth).call(CALL_ELSEWHERE);
    body.if(() => body.get(state).memory(`${width}.load`, STATE.pc).return());
    body.get(address).return();
  });
  return body.get(state).get(depth).get(index).i32(1).op('i32.sub').callIndirect(like);
}

/** Calls a function of another module that a global has 1 + the table index of, or 0 while there is none. */
function forward(signature: Signature, to: number, global: number): FunctionBody {
  const body = new FunctionBody(signature);
  const [state, depth] = [body.param(0), body.param(1)];
  const index = body.local('i32');
  body.global(global).tee(index);
  body.if(() => body.get(state).get(depth).get(index).i32(1).op('i32.sub').callIndirect(FIRST_REGION).return());
  const [width] = signature.results;
  return body
    .get(state)
    .const(width ?? 'i32', to)
    .get(depth)
    .call(INVOKE);
}

export function translatedModule(target: Target, found: readonly Part[]): Uint8Array<ArrayBuffer> {
  const isLogged = target.accessLog !== undefined;
  const parts = found.map((part) => ({ ...part, region: withSwiftLoops(part.region, isLogged) }));
  const width = target.isa.bits === 64 ? 'i64' : 'i32';
  const signature: Signature = { params: ['i32', 'i32'], results: [width] };
  const indices = new Map(parts.map(({ region }, index) => [region.entry, FIRST_REGION + index]));
  const called = new Set(parts.flatMap(({ region }) => [...region.calls]));
  const elsewhere = [...called].filter((address) => !indices.has(address));
  for (const address of elsewhere) indices.set(address, FIRST_REGION + indices.size);
  const callees: Callees = {
    direct: (address) => indices.get(address),
    effects: callSummaries(parts.map(({ region }) => region)),
    invoke: INVOKE,
    interpret: INTERPRET,
    interpretCompressed: INTERPRET_COMPRESSED,
    loadFromDevice: isLogged ? undefined : LOAD_FROM_DEVICE,
  };
  const regions = parts.map(({ region, assumptions }) => {
    const body = new FunctionBody(signature);
    new RegionLowering(body, region, assumptions, callees).generate();
    return { body };
  });
  return encodeModule({
    imports: [
      { name: 'callElsewhere', signature: { params: ['i32', 'i32'], results: ['i32'] } },
      { name: 'interpret', signature: INTERPRETER },
      { name: 'interpretCompressed', signature: INTERPRETER },
      { name: 'loadFromDevice', signature: { params: ['i32', 'i32', 'i32'], results: ['i32'] } },
    ],
    functions: [
      { name: DISPATCHER, body: dispatch(target.isa, width, FIRST_REGION) },
      { name: INVOKER, body: invoke(target.isa, width, FIRST_REGION) },
      ...regions,
      ...elsewhere.map((address, index) => ({ body: forward(signature, address, FIRST_LINK + index) })),
    ],
    elements: {
      ...{ table: TABLE, first: FIRST },
      globals: elsewhere.map(linkName),
      functions: regions.map((_, index) => FIRST_REGION + index),
    },
  });
}

/** Functions of a module: goes on from STATE.pc; calls what is at an address. */
export const DISPATCHER = 'dispatch';
export const INVOKER = 'invoke';
/** Imports of a module: the table, where in it its functions begin, and its links. */
export const TABLE = 'table';
export const FIRST = 'first';
const LINK = 'to ';
export const linkName = (address: number): string => LINK + address.toString();

/** The addresses that a module has links to. */
export const linksOf = (module: WebAssembly.Module): readonly number[] =>
  WebAssembly.Module.imports(module).flatMap(({ name }) =>
    name.startsWith(LINK) ? [Number(name.slice(LINK.length))] : [],
  );
