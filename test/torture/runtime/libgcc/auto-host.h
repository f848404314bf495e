/* Nothing that libgcc needs on MIPS: see tsystem.h. */
