#ifndef SYS_TYPES_H
#define SYS_TYPES_H
#include <stddef.h>
typedef long ssize_t;
#endif
