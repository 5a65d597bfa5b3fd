/* code128.h - texts as bars: Code 128 (ISO/IEC 15417:2007).
 *
 * Printable ASCII, in code sets B and C: runs of digits take half the room.  The
 * symbol comes as widths in modules, bars and spaces in turn, a bar first and
 * last; whoever draws it leaves a quiet zone of 10 modules on both sides.
 */
#ifndef BASE_CODE128_H
#define BASE_CODE128_H

#include "base/str.h"

enum {
    CODE128_TEXT_MAX = 48, /* characters: longer ones are too wide for a label */
    CODE128_SYMBOLS = 2 * CODE128_TEXT_MAX + 3,
    CODE128_QUIET = 10, /* modules */
};

struct code128 {
    unsigned char values[CODE128_SYMBOLS]; /* start, data, check, stop: 0..106 */
    int n;
    unsigned char widths[CODE128_SYMBOLS * 6 + 1];
    int nwidths, modules; /* modules: the sum of the widths */
};

/* false: empty, too long, or a character that is none of the set. */
bool code128(str text, struct code128 *ret);

#endif
