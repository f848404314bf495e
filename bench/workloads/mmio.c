/* A device register, read again and again: the line status of Malta's UART, or a register of the coherence manager where the
   program was entered by the boot protocol of a coprocessor, and has no UART. */
#include "platform/mips.h"
#include "workload.h"

#define READS PORTION(3000000)

const uint32_t operations = READS;

void set_up(void)
{
}

uint32_t one_pass(void)
{
	uint32_t same = 0;

	if (is_coprocessor) {
		const volatile uint32_t *config = DEVICE(GCR_CONFIG);
		uint32_t first = *config;

		for (uint32_t i = 0; i < READS; i++)
			same += *config == first;
	} else {
		const volatile uint8_t *status = DEVICE(UART_LINE_STATUS);

		while ((*status & UART_EMPTY) != UART_EMPTY)
			;
		for (uint32_t i = 0; i < READS; i++)
			same += (*status & UART_EMPTY) == UART_EMPTY;
	}
	return same;
}
