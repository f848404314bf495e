/* What differs between o32, n32 and n64 in the assembler files. */
#if _MIPS_SIM == _ABIO32
#define LOAD_ADDRESS la
#define STORE sw
#define LOAD lw
#define SYSTEM_CALL(o32, n64, n32) o32
#else
#define STORE sd
#define LOAD ld
#if _MIPS_SIM == _ABI64
#define LOAD_ADDRESS dla
#define SYSTEM_CALL(o32, n64, n32) n64
#else
#define LOAD_ADDRESS la
#define SYSTEM_CALL(o32, n64, n32) n32
#endif
#endif

/* MIPS16 has not all that is needed here. */
#ifdef __mips16
	.set	nomips16
#endif

/* A section of its own for what is the host's: see program.ld. */
#ifdef HOST
#define SECTION(name) .section .host, "ax", @progbits
#else
#define SECTION(name) .section .text.name, "ax", @progbits
#endif

#define FUNCTION(name) \
	SECTION(name); .balign 4; .globl name; .type name, @function; .ent name; name:
#define END(name) \
	.end name; .size name, . - name
