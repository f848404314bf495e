/* The compiler's <limits.h> has everything, and includes the C library's. */
