/* An exception and back: SYSCALL, a handler of five instructions, ERET. */
#include "platform/mips.h"
#include "workload.h"

#define CALLS PORTION(2000000)

const uint32_t operations = CALLS;

extern char syscall_vectors[];

void set_up(void)
{
	set_exception_base(syscall_vectors);
}

uint32_t one_pass(void)
{
	register uint32_t count __asm__("$3") = 0;

	for (uint32_t i = 0; i < CALLS; i++)
		__asm__ volatile("syscall" : "+r"(count));
	return count;
}
