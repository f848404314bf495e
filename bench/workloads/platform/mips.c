/* Output and the end of a MIPS image. On a processor that Linux lent, text goes to the trace buffer and, by a UHI call, to
   whoever runs the machine; on Malta to the UART. */
#include "mips.h"
#include "trace.h"
#include "uhi.h"
#include "../workload.h"

#define PROTOCOL (-3)

int is_coprocessor;
char trace_buffer[TRACE_SIZE];
static size_t traced;

void put_text(const char *text, size_t length)
{
	if (is_coprocessor) {
		for (size_t i = 0; i < length && traced < TRACE_SIZE - 1; i++)
			trace_buffer[traced++] = text[i];
		uhi(UHI_WRITE, 1, (long)text, (long)length, 0);
		return;
	}
	for (size_t i = 0; i < length; i++) {
		while ((*(const volatile uint8_t *)DEVICE(UART_LINE_STATUS) & UART_ROOM) == 0)
			;
		*(volatile uint8_t *)DEVICE(UART_DATA) = (uint8_t)text[i];
	}
}

void set_exception_base(const char *vectors)
{
	__asm__ volatile("mtc0 %0, $15, 1\n\tehb" : : "r"((uint32_t)vectors | 0x800));
}

void __attribute__((noreturn)) mips_main(int32_t a0)
{
	is_coprocessor = a0 == PROTOCOL;
	run_passes();
	if (is_coprocessor)
		uhi(UHI_EXIT, 0, 0, 0, 0);
	else
		*(volatile uint32_t *)DEVICE(SOFT_RESET) = 0x42;
	for (;;)
		__asm__ volatile("wait");
}
