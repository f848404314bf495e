/* Entry, the same on Malta and by the boot protocol of a coprocessor, where $a0 = -3 (mips-uhi.md 1.0). */
	.set noreorder
	.set mips32r2
	.section .start, "ax", @progbits
	.globl _start
	.ent _start
_start:
	la	$sp, stack_top
	la	$t0, bss_start
	la	$t1, bss_end
1:	sw	$zero, 0($t0)
	addiu	$t0, $t0, 4
	bltu	$t0, $t1, 1b
	nop
	li	$t0, 0x20000000		/* Status: CU1, vectors at EBase, interrupts off, 32-bit floating-point registers */
	mtc0	$t0, $12
	ehb
	ctc1	$zero, $31
	jal	mips_main
	addiu	$sp, $sp, -16		/* o32: room for the four argument registers */
	.end _start
