/* Examples and records of a regulation: steps, or mistakes at a place of the text. */
#include "model/steps.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(256u << 20);
    struct diags d = diags_make(a);
    struct scenarios all = steps_load(a, fuzz_text(data, size), STR("s"), &d);
    for (size_t i = 0; i < d.len; i++) {
        MUST(d.ptr[i].pos.line >= 0 && (size_t)d.ptr[i].pos.line <= size + 2);
        MUST(diag_print(a, &d.ptr[i], LANG_ZH).len > 0);
    }
    for (size_t i = 0; i < all.len; i++) {
        for (size_t k = 0; k < all.ptr[i].nsteps; k++) {
            MUST(all.ptr[i].steps[k].kind <= STEP_APPROVAL);
            MUST(all.ptr[i].steps[k].operation <= STEP_SEATS);
        }
    }
    return 0;
}
