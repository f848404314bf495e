/* setjmp and longjmp: the registers that a callee keeps, in slots of 8 bytes. */
#include "abi.h"

#if !defined(__mips_hard_float)
#define EACH_FPR(do)
#elif _MIPS_SIM == _ABI64
#define EACH_FPR(do) do(24, 96); do(25, 104); do(26, 112); do(27, 120); do(28, 128); do(29, 136); do(30, 144); do(31, 152)
#else
#define EACH_FPR(do) do(20, 96); do(22, 104); do(24, 112); do(26, 120); do(28, 128); do(30, 136)
#endif

#define EACH_GPR(do) \
	do(16, 0); do(17, 8); do(18, 16); do(19, 24); do(20, 32); do(21, 40); do(22, 48); do(23, 56); \
	do(28, 64); do(29, 72); do(30, 80); do(31, 88)

#define SAVE(register, at) STORE $register, at($4)
#define RESTORE(register, at) LOAD $register, at($4)
#define SAVE_FLOAT(register, at) sdc1 $f##register, at($4)
#define RESTORE_FLOAT(register, at) ldc1 $f##register, at($4)

FUNCTION(setjmp)
	EACH_GPR(SAVE)
	EACH_FPR(SAVE_FLOAT)
	move	$2, $0
	jr	$31
END(setjmp)

FUNCTION(longjmp)
	EACH_GPR(RESTORE)
	EACH_FPR(RESTORE_FLOAT)
	move	$2, $5
	bnez	$2, 1f
	li	$2, 1
1:	jr	$31
END(longjmp)
