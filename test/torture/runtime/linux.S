/* As a Linux program: three system calls. */
#define HOST
#include "abi.h"

FUNCTION(_start)
	LOAD_ADDRESS $25, run_main
	jr	$25
END(_start)

FUNCTION(host_write)
	move	$6, $5
	move	$5, $4
	li	$4, 1
	li	$2, SYSTEM_CALL(4004, 5001, 6001)
	syscall
	jr	$31
END(host_write)

FUNCTION(host_exit)
	li	$2, SYSTEM_CALL(4001, 5058, 6058)
	syscall
	break
END(host_exit)

/* cacheflush(address, bytes, cache), as the compiler calls it for code on the stack */
FUNCTION(_flush_cache)
	li	$2, SYSTEM_CALL(4147, 5197, 6197)
	syscall
	jr	$31
END(_flush_cache)
