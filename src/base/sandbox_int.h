/* sandbox_int.h - the two parts, each in a file of its own. */
#ifndef BASE_SANDBOX_INT_H
#define BASE_SANDBOX_INT_H

#include "base/sandbox.h"

/* *ret: the kernel's version; 0: none. */
MUST_CHECK err sandbox_landlock(const struct sandbox *s, struct arena *a, int *ret);
MUST_CHECK err sandbox_seccomp(const struct sandbox *s, struct arena *a, bool *ret);

#endif
