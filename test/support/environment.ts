/** Starts a command without what the environment has for every Node: another user may not be able to load it. */
export const AS_USER: readonly string[] = ['env', '-u', 'NODE_OPTIONS', 'LC_ALL=C'];
