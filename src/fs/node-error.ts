/** The code of an error of Node's own functions, such as `ENOENT`. */
export const codeOf = (error: unknown): unknown => (error instanceof Error ? Reflect.get(error, 'code') : undefined);
