/**
 * Structured code from any flow graph, reducible or not: a walk through the graph by random choices visits the same nodes
 * in the generated function as in the graph.
 */
import fc from 'fast-check';
import t from 'tap';
import { Graph, orderOf } from '../../src/emu/translator/graph.js';
import { emitStructure } from '../../src/emu/translator/structure.js';
import { encodeModule, FunctionBody, type Local } from '../../src/emu/wasm/module.js';

const STEPS = 200;
const MEMORY = { initial: 1, maximum: 1 };

/** Each node has up to two successors. */
type Shape = readonly (readonly number[])[];

const mix = (hash: number, value: number): number => (Math.imul(hash, 31) + value) | 0;
/** The choice that a node makes: by what has been visited until then. */
const choice = (hash: number): number => (hash >>> 7) & 1;

function walk(shape: Shape, seed: number): number {
  let hash = seed;
  let node = 0;
  for (let step = 0; step < STEPS; step++) {
    hash = mix(hash, node);
    const successors: readonly number[] = shape[node] ?? [];
    const next = successors[choice(hash) % Math.max(1, successors.length)];
    if (next === undefined) return hash;
    node = next;
  }
  return hash;
}

/** Function (seed) that makes the same walk in structured code. */
function generated(shape: Shape): (seed: number) => number {
  const body = new FunctionBody({ params: ['i32'], results: ['i32'] });
  const hash = body.param(0);
  const steps = body.local('i32');
  // a root of its own, as regions have it: nothing leads back to it
  const graph = new Graph([[1], ...shape.map((list) => list.map((node) => node + 1))], 0);
  const selectors = new Map<number, Local>();
  const selector = (node: number): Local => {
    const known = selectors.get(node) ?? body.local('i32');
    selectors.set(node, known);
    return known;
  };
  emitStructure(body, graph, orderOf(graph), {
    node: (id, follow) => {
      const { edges } = graph.node(id);
      const go = (index: number): void => {
        const edge = edges[index];
        if (edge === undefined) throw new Error('no such edge');
        for (const { node, value } of edge.selects) body.i32(value).set(selector(node));
        follow(edge);
      };
      if (id >= graph.firstDispatch) {
        const among = (index: number): void => {
          if (index + 1 >= edges.length) {
            go(index);
            return;
          }
          body.get(selector(id)).i32(index).op('i32.eq');
          body.if(
            () => go(index),
            () => among(index + 1),
          );
        };
        among(0);
        return;
      }
      if (id === 0) {
        go(0);
        return;
      }
      body
        .get(hash)
        .i32(31)
        .op('i32.mul')
        .i32(id - 1)
        .op('i32.add')
        .set(hash);
      body.get(steps).i32(1).op('i32.add').tee(steps).i32(STEPS).op('i32.ge_s');
      body.if(() => body.get(hash).return());
      if (edges.length === 0) body.get(hash).return();
      else if (edges.length === 1) go(0);
      else {
        body.get(hash).i32(7).op('i32.shr_u').i32(1).op('i32.and');
        body.if(
          () => go(1),
          () => go(0),
        );
      }
    },
  });
  body.unreachable();
  const bytes = encodeModule({ imports: [], functions: [{ name: 'walk', body }] });
  const memory = new WebAssembly.Memory({ ...MEMORY, shared: true });
  const { walk: made } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
  const isWalk = (value: unknown): value is (seed: number) => number => typeof value === 'function';
  if (!isWalk(made)) throw new TypeError('there is no function');
  return made;
}

const shapes = fc
  .integer({ min: 1, max: 12 })
  .chain((size) => fc.array(fc.array(fc.nat(size - 1), { maxLength: 2 }), { minLength: size, maxLength: size }));

t.test('any graph', (t) => {
  fc.assert(
    fc.property(shapes, fc.array(fc.integer(), { minLength: 5, maxLength: 5 }), (shape, seeds) => {
      const made = generated(shape);
      return seeds.every((seed) => made(seed) === walk(shape, seed));
    }),
    { numRuns: 500 },
  );
  t.pass('the same walks');
  t.end();
});

t.test('a loop with two entries gets one', (t) => {
  const graph = new Graph([[1], [2, 3], [3], [2]], 0);
  t.equal(graph.nodes.length - graph.firstDispatch, 1);
  t.equal(generated([[1, 2], [2], [1]])(7), walk([[1, 2], [2], [1]], 7));
  t.end();
});
