/* A definition beside a text of clauses: a model, or mistakes; never both, never
 * neither. */
#include "model/load.h"

#include "fuzz/fuzz.h"

static const char text_zh[] = "---\ntitle: 试\n---\n# 试\n\n### 第一条 甲 {#a}\n正文。\n\n"
                              "### 第二条 乙 {#b}\n正文。\n";
static const char text_en[] = "---\ntitle: T\n---\n# T\n\n### Article 1 A {#a}\nText.\n\n"
                              "### Article 2 B {#b}\nText.\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena(512u << 20);
    struct diags d = diags_make(a);
    struct source s = {.name = STR("t"),
                       .text_zh = str_from(text_zh),
                       .text_en = str_from(text_en),
                       .definition = fuzz_text(data, size),
                       .version = 1};
    struct sources all = {&s, 1};
    const struct model *m = model_build(a, &all, &d);
    MUST((m != NULL) == (d.errors == 0));
    for (size_t i = 0; i < d.len; i++) {
        MUST(diag_print(a, &d.ptr[i], LANG_EN).len > 0);
    }
    return 0;
}
