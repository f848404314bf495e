/* GCC's build generates the headers of this directory; libgcc needs this little of them. */
#include <float.h>
#include <limits.h>
#include <stddef.h>
#define abort __builtin_abort
