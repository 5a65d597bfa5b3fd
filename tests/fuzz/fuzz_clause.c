/* The text of a regulation, in both languages: clauses with ids, or mistakes. */
#include "model/load.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(256u << 20);
    struct diags d = diags_make(a);
    struct source s = {.name = STR("t"),
                       .text_zh = fuzz_text(data, size),
                       .text_en = fuzz_text(data, size / 2),
                       .definition = STR("regulation: t\ntitle: {zh: 试, en: T}\n"),
                       .version = 1};
    struct sources all = {&s, 1};
    const struct model *m = model_build(a, &all, &d);
    MUST((m != NULL) == (d.errors == 0));
    for (size_t i = 0; m && i < m->regs[0]->newest->nclauses; i++) {
        MUST(m->regs[0]->newest->clauses[i].id.len > 0);
    }
    return 0;
}
