/* banned.h - functions nobody here may call; force-included into every file.
 *
 * They write without a bound (strcpy, sprintf, gets), keep hidden state
 * (strtok, gmtime, localtime, rand).  Use
 * str_copy, str_fmt, str_cut, base/clock.h and libsodium's random numbers.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The C library makes some of them macros under _FORTIFY_SOURCE. */
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strncpy
#undef strncat

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gets
#pragma GCC poison gmtime localtime asctime ctime srand strncat
/* Not poisoned: openssl/evp.h names parameters so; xlsxwriter.h has it in macros. */
#define rand() rand_is_banned_use_libsodium()
#define strncpy(to, from, n) strncpy_is_banned_use_str_copy()

#endif
