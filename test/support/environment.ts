/**
 * Starts a command as a user's shell would: the test runner puts a loader of its own into every process that a test
 * starts, which slows each down, and fails where another user runs it.
 */
export const AS_USER: readonly string[] = ['env', '-u', 'NODE_OPTIONS', 'LC_ALL=C'];
