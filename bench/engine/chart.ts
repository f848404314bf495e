/** The figures as a picture: steady speed of each engine on each workload, on a logarithmic scale, QEMU in KSEG0 being 1. */
import { PEER } from './engines.js';
import type { Speed } from './speed.js';

const COLOURS = ['#8a8f98', '#d97706', '#b45309', '#2563eb', '#1e40af', '#7c3aed', '#5b21b6'];
const REFERENCES: Readonly<Record<string, string>> = { 'clang wasm': '#0d9488', native: '#65a30d' };
const [LEFT, TOP, WIDTH, BAR, GAP] = [90, 64, 640, 11, 14];

interface Bar {
  readonly engine: string;
  readonly ratio: number;
}

interface Group {
  readonly name: string;
  readonly bars: readonly Bar[];
}

function groupsOf({ rows, means }: Speed): Group[] {
  const workloads = [...new Set(rows.map(({ workload }) => workload))];
  const mean = means.map(({ engine, steady }) => ({ engine, ratio: steady }));
  const groups = workloads.map((name) => ({
    name,
    bars: rows
      .filter(({ workload }) => workload === name)
      .map(({ engine, steady }) => ({ engine, ratio: steady.ratio })),
  }));
  return (mean.length > 0 ? [{ name: 'geomean', bars: mean }, ...groups] : groups).map(({ name, bars }) => ({
    name,
    bars: bars.filter(({ engine }) => engine !== PEER),
  }));
}

const text = (x: number, y: number, what: string, more = ''): string =>
  `<text x="${x}" y="${y}" ${more}>${what}</text>`;

export function chart(speed: Speed): string {
  const groups = groupsOf(speed);
  const engines = [...new Set(groups.flatMap(({ bars }) => bars.map(({ engine }) => engine)))];
  const ratios = groups.flatMap(({ bars }) => bars.map(({ ratio }) => ratio));
  const low = Math.floor(Math.log2(Math.min(0.5, ...ratios)));
  const high = Math.ceil(Math.log2(Math.max(2, ...ratios)));
  const x = (ratio: number): number => LEFT + ((Math.log2(ratio) - low) / (high - low)) * WIDTH;
  const colour = (engine: string): string => REFERENCES[engine] ?? COLOURS[engines.indexOf(engine)] ?? '#888888';

  const body: string[] = [];
  let y = TOP;
  for (const { name, bars } of groups) {
    body.push(text(LEFT - 8, y + (bars.length * BAR) / 2 + 4, name, 'text-anchor="end"'));
    for (const { engine, ratio } of bars) {
      const [from, to] = [Math.min(x(1), x(ratio)), Math.max(x(1), x(ratio))];
      const box = `x="${from.toFixed(1)}" y="${y}" width="${(to - from).toFixed(1)}" height="${BAR - 1}"`;
      body.push(`<rect ${box} fill="${colour(engine)}"><title>${engine}: ${ratio.toFixed(2)}</title></rect>`);
      y += BAR;
    }
    y += GAP;
  }
  const grid = Array.from({ length: high - low + 1 }, (_, i) => 2 ** (low + i)).map((ratio) => {
    const at = x(ratio).toFixed(1);
    const label = ratio < 1 ? `1/${1 / ratio}` : String(ratio);
    const line = `<line x1="${at}" x2="${at}" y1="${TOP - 6}" y2="${y - GAP + 4}" class="${ratio === 1 ? 'peer' : 'grid'}"/>`;
    return line + text(Number(at), y + 6, label, 'text-anchor="middle"');
  });
  const legend = engines.map((engine, i) => {
    const at = LEFT + (i % 4) * 165;
    const row = 30 + Math.floor(i / 4) * 16;
    return `<rect x="${at}" y="${row - 9}" width="10" height="10" fill="${colour(engine)}"/>${text(at + 15, row, engine)}`;
  });
  const title = `Steady speed, ${PEER} = 1 (logarithmic; right is faster)`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 30} ${y + 16}" role="img">
<title>${title}</title>
<style>
  svg { background: #ffffff; font: 12px sans-serif }
  text { fill: #1f2328 }
  .grid { stroke: #d0d7de } .peer { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } .peer { stroke: #e6edf3 }
  }
</style>
${text(LEFT, 14, title, 'font-weight="bold"')}
${[...legend, ...grid, ...body].join('\n')}
</svg>
`;
}
