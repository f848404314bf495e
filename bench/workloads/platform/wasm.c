/* A module whose host gives put_text(address, length). */
#include "../workload.h"

__attribute__((export_name("run"))) void run(void)
{
	run_passes();
}
