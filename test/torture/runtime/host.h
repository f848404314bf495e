/* What linux.S and firmware.S both give: the program is the same, only its host differs. */
#include <stddef.h>

void host_write(const char *text, size_t length);
void host_exit(int status) __attribute__((noreturn));
