// Runs GCC's execution tests as firmware and under qemu-user: docs/testing.md, and the head of test/torture/main.ts.
import '../dist/test/torture/main.js';
