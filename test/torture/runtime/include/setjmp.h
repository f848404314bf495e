#ifndef SETJMP_H
#define SETJMP_H

/* $16-$23, $28-$31, then the floating-point registers that a callee saves */
typedef unsigned long long jmp_buf[12 + 8];

int setjmp(jmp_buf env) __attribute__((returns_twice));
void longjmp(jmp_buf env, int value) __attribute__((noreturn));

#endif
