// Clients that do everything at random, for as long as anyone likes: docs/testing.md, and the head of test/soak/main.ts.
import '../dist/test/soak/main.js';
