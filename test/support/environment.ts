/** What a user's shell has: the environment without what the test runner adds for the Node processes that it watches. */
export const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS' && !name.startsWith('_TAPJS')),
  ),
  LC_ALL: 'C',
});
