/* A mapping of an import over the regulations that ship: loaded, or mistakes. */
#include "connect/mapping.h"

#include "fuzz/fuzz_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct model *model = fuzz_model();
    struct arena *a = fuzz_arena(256u << 20);
    struct diags d = diags_make(a);
    const struct mapping *m = mapping_load(a, fuzz_text(data, size), STR("m"), model, &d);
    MUST((m != NULL) == (d.errors == 0));
    for (size_t i = 0; i < d.len; i++) {
        MUST(diag_print(a, &d.ptr[i], LANG_EN).len > 0);
    }
    return 0;
}
