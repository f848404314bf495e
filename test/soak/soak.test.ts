/** A short `npm run soak`: MIPS_SOAK_SECONDS says how long on each channel, MIPS_SOAK_SEED what is done. */
import t from 'tap';
import { complaints, figures } from './report.js';
import { soakSession } from './session.js';

const SECONDS = Number(process.env['MIPS_SOAK_SECONDS'] ?? 6);
const SEED = Number(process.env['MIPS_SOAK_SEED'] ?? Date.now() % 100_000);
const CLIENTS = 16;

// as long as it takes; a run of all tests ends what hangs
t.setTimeout(0);
t.comment(`MIPS_SOAK_SEED=${SEED}`);

for (const fuse of ['direct', 'native'])
  t.test(fuse, async (t) => {
    const report = await soakSession(t, { fuse, duration: SECONDS * 1000, clients: CLIENTS, seed: SEED });
    for (const line of figures(report)) t.comment(line);
    t.strictSame(complaints(report), []);
  });
