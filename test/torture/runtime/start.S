/* Entered by both hosts' _start: main(1, argv, environment) on a stack of the program's own. */
#include "abi.h"

FUNCTION(run_main)
	LOAD_ADDRESS $29, stack_top
	addiu	$29, $29, -32			/* o32: room for the argument registers */
	li	$4, 1
	LOAD_ADDRESS $5, arguments
	LOAD_ADDRESS $6, environment
	LOAD_ADDRESS $25, main
	jalr	$25
	move	$4, $2
	LOAD_ADDRESS $25, exit
	jalr	$25
END(run_main)

	.section .data.arguments, "aw", @progbits
	.balign	8
name:	.asciz	"torture"
	.balign	8
arguments:
#if _MIPS_SIM == _ABI64
	.dword	name
environment:
	.dword	0
#else
	.word	name
environment:
	.word	0
#endif
