/* A list of a standard: whatever is read, it is sound, and what is found of it is the item. */
#include "model/standard.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(64u << 20);
    struct diags d = diags_make(a);
    struct standard s;
    bool ok = standard_read(a, fuzz_text(data, size), STR("list.tsv"), &d, &s);
    MUST(ok == (d.errors == 0));
    for (size_t i = 0; ok && i < s.nitems; i++) {
        const struct standard_item *x = &s.items[i];
        MUST(standard_find(&s, x->item) == x && x->words.zh.len && x->words.en.len);
        MUST(!x->parent.len || standard_find(&s, x->parent)->kind == STANDARD_GROUP);
    }
    return 0;
}
