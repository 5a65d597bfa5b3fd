/* The manifest of a backup: what is read, written again, is the same text; what it
 * names stays in the folder it is put into. */
#include "backup/manifest.h"

#include "fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

enum { LINES = 8192 };

static void place_is_inside(struct arena *a, const struct manifest_file *x)
{
    str place = manifest_place(a, x);
    MUST(place.len > 0 && place.ptr[0] != '/');
    MUST(x->kind == FILE_ATTACHMENT ? str_starts(place, STR("blobs/")) && place.len == 71
                                    : !memchr(place.ptr, '/', place.len));
    MUST(!memmem(place.ptr, place.len, "..", 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    struct manifest_reader m;
    struct manifest_file x;
    char *text = NULL;
    size_t len = 0;
    int files = 0;
    bool more = true;
    FILE *in = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
    FILE *out = in ? open_memstream(&text, &len) : NULL;
    if (!out) {
        return 0;
    }
    err e = manifest_begin(&m, a, in);
    if (!e.code) {
        manifest_put_head(out, &m.head);
    }
    while (!e.code && more && files < LINES) {
        e = manifest_next(&m, &x, &more);
        if (!e.code && more) {
            place_is_inside(a, &x);
            manifest_put_file(out, &x);
            files++;
        }
    }
    MUST(!e.code || e.why);
    if (!e.code && !more) {
        manifest_put_end(out);
    }
    fclose(in);
    fclose(out);
    if (!e.code && !more) {
        MUST(str_eq(str_from_n(text, len), fuzz_text(data, size)));
    }
    free(text);
    return 0;
}
