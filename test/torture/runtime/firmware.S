/* As a firmware of the UHI coprocessor boot protocol (docs/reference/mips-uhi.md, 1.0 and 2.3). There are no exception vectors:
   an exception finds those of Linux, and ends the firmware as a crash. */
#define HOST
#include "abi.h"

#define STATUS_MX (1 << 24)
#define STATUS_FR (1 << 26)
#define STATUS_CU1 (1 << 29)
/* 64-bit addresses in all modes */
#define STATUS_KX_SX_UX (7 << 5)

#ifdef __mips_hard_float
#define FLOAT STATUS_CU1
#else
#define FLOAT 0
#endif
#if defined(__mips_hard_float) && __mips_fpr == 64
#define FLOAT_REGISTERS STATUS_FR
#else
#define FLOAT_REGISTERS 0
#endif
#ifdef __mips_dsp
#define DSP STATUS_MX
#else
#define DSP 0
#endif
#ifdef __mips64
#define ADDRESSES STATUS_KX_SX_UX
#else
#define ADDRESSES 0
#endif

#define UHI_EXIT 1
#define UHI_WRITE 5

FUNCTION(_start)
	li	$8, FLOAT | FLOAT_REGISTERS | DSP | ADDRESSES
	mtc0	$8, $12
#if __mips_isa_rev >= 2
	ehb
#else
	ssnop
	ssnop
	ssnop
#endif
#ifdef __mips_msa
	mfc0	$8, $16, 5
	li	$9, 1 << 27			/* Config5.MSAEn */
	or	$8, $8, $9
	mtc0	$8, $16, 5
	ehb
#endif
#ifdef __mips_hard_float
	ctc1	$0, $31
#endif
	LOAD_ADDRESS $25, run_main
	jr	$25
END(_start)

FUNCTION(host_write)
	move	$6, $5
	move	$5, $4
	li	$4, 1
	li	$2, 1
	li	$25, UHI_WRITE
	sdbbp	1
	jr	$31
END(host_write)

FUNCTION(host_exit)
	li	$2, 1
	li	$25, UHI_EXIT
	sdbbp	1
	break
END(host_exit)

/* (address, bytes): what was written there is code from now on */
FUNCTION(_flush_cache)
	addu	$5, $4, $5
#if __mips_isa_rev >= 2
	rdhwr	$8, $1				/* SYNCI_Step */
	beqz	$8, 2f
1:	synci	0($4)
	addu	$4, $4, $8
	bltu	$4, $5, 1b
2:	sync
	jr.hb	$31
#else
	li	$8, -16
	and	$4, $4, $8
1:	cache	0x15, 0($4)			/* the data cache's line goes out */
	cache	0x10, 0($4)			/* the instruction cache's is forgotten */
	addiu	$4, $4, 16
	bltu	$4, $5, 1b
	sync
	jr	$31
#endif
END(_flush_cache)
