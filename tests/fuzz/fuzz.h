/* fuzz.h - what the fuzz targets share.
 *
 * A target is one file with one function; it states what must hold for every
 * input, not only "does not crash", with MUST.  Built two ways: with libFuzzer
 * (make fuzz), and with replay.c, which runs every file it is given, so that
 * what was found once stays found with any compiler (make fuzz-replay).
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/arena.h"
#include "base/str.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)   \
    do {             \
        if (!(cond)) \
            abort(); \
    } while (0)

static inline str fuzz_text(const uint8_t *data, size_t size)
{
    return str_from_n((const char *)data, size);
}

/* One arena for all runs, empty again: its first block stays, so that a run
 * costs no malloc. */
static inline struct arena *fuzz_arena(size_t limit)
{
    static struct arena a;
    if (a.limit) {
        arena_reset(&a);
    } else {
        a = arena_make(limit);
    }
    return &a;
}

#endif
