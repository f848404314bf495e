/** Of the threads of the machine: Linux's thread comes first, a spinning core must not delay a file operation. */
export const NICENESS = 10;
