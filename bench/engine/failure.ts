/** What the user is told in one line: the benchmark is right, and something else is not. */
export class Failure extends Error {}
