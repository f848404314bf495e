/* The two machines that a MIPS image runs on: Malta, and a processor that Linux lends (mips-uhi.md 1.0). */
#ifndef PLATFORM_MIPS_H
#define PLATFORM_MIPS_H

#include <stdint.h>

/* A device, by its physical address, in KSEG1. */
#define DEVICE(physical) ((void *)(0xa0000000u | (physical)))
#define UART_DATA 0x180003f8u
#define UART_LINE_STATUS 0x180003fdu
#define UART_ROOM 0x20
#define UART_EMPTY 0x60
/* Writing 0x42 here resets the board. */
#define SOFT_RESET 0x1f000500u
#define GCR_CONFIG 0x1fbf8000u

/* Entered by the boot protocol of a coprocessor. */
extern int is_coprocessor;

/* EBase, with the write gate, where there is one, so that it may lie in KUSEG. */
void set_exception_base(const char *vectors);

#endif
