/* Where SYSCALL leads: counts in $3, and returns behind the instruction. */
	.set noreorder
	.set noat
	.section .vectors, "ax", @progbits
	.globl syscall_vectors
syscall_vectors:
	.org 0x180
	mfc0	$k0, $14
	addiu	$v1, $v1, 1
	addiu	$k0, $k0, 4
	mtc0	$k0, $14
	ehb
	eret
	.org 0x200
