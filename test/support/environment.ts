/** The test runner puts a loader into every Node below it; a user of the program has none, so what tests start has none. */
Reflect.deleteProperty(process.env, 'NODE_OPTIONS');
