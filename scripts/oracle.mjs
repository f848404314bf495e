// Compares this program with transcripts of a real kernel: test/oracle/README.md, and the head of test/oracle/main.ts.
import '../dist/test/oracle/main.js';
