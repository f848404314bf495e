/* A program of the host. */
#include "../workload.h"

#include <unistd.h>

void put_text(const char *text, size_t length)
{
	while (length > 0) {
		ssize_t written = write(1, text, length);

		if (written < 0)
			_exit(1);
		text += written;
		length -= (size_t)written;
	}
}

int main(void)
{
	run_passes();
	return 0;
}
