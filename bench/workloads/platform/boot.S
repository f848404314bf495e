/* Plays Linux' part on Malta for an image in KUSEG: wired TLB entries for its memory, the largest pairs of pages that address and
   length allow, as mips-uhi.md 1.7 has them; each page at the physical address that equals the virtual one. */
	.set noreorder
	.set mips32r2
	.section .start, "ax", @progbits
	.globl _start
	.ent _start
_start:
	li	$t0, 0x80000ff0		/* what the loader left: start, length, entry */
	lw	$s0, 0($t0)
	lw	$s1, 4($t0)
	lw	$s2, 8($t0)
	move	$s3, $zero		/* index of the entry */
1:	li	$t1, 8192		/* the largest pair: 8 KiB times a power of 4 */
2:	sll	$t2, $t1, 2
	sltu	$t3, $s1, $t2
	bnez	$t3, 3f
	addiu	$t4, $t2, -1
	and	$t4, $t4, $s0
	beqz	$t4, 2b
	move	$t1, $t2
	srl	$t1, $t1, 2		/* one step too far: the delay slot */
3:	addiu	$t2, $t1, -8192
	mtc0	$t2, $5			/* PageMask */
	mtc0	$s0, $10		/* EntryHi */
	srl	$t3, $s0, 6
	ori	$t3, $t3, 0x1e		/* cached, dirty, valid */
	mtc0	$t3, $2			/* EntryLo0 */
	srl	$t4, $t1, 7
	addu	$t3, $t3, $t4
	mtc0	$t3, $3			/* EntryLo1: the other half */
	mtc0	$s3, $0
	ehb
	tlbwi
	addiu	$s3, $s3, 1
	addu	$s0, $s0, $t1
	subu	$s1, $s1, $t1
	bnez	$s1, 1b
	nop
	mtc0	$s3, $6			/* Wired */
	mtc0	$zero, $5
	mtc0	$zero, $10
	ehb
	jr.hb	$s2
	move	$a0, $zero
	.end _start
