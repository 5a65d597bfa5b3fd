/* zips.h - small zip archives of given parts, for tests of what reads them. */
#ifndef TESTS_SUPPORT_ZIPS_H
#define TESTS_SUPPORT_ZIPS_H

#include <stddef.h>

struct zips_part {
    const char *name, *text;
};

/* An open file without a name; the caller closes it.  Aborts when there is no room. */
int zips_make(const struct zips_part *parts, size_t n);

#endif
