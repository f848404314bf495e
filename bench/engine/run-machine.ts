/** Runs one image on our machine, and prints what it prints. `node dist/bench/engine/run-machine.js IMAGE [ENGINE]` */
import { writeSync } from 'node:fs';
import { ImageRunner } from './image-runner.js';

const [file = '', engine] = process.argv.slice(2);
process.exit(await new ImageRunner(engine).run(file, (text) => writeSync(1, text)));
