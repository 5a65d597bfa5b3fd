/* A mapping of an import over the regulations that ship: loaded, or mistakes. */
#include "connect/mapping.h"
#include "model/load.h"

#include "fuzz/fuzz.h"

static const struct model *the_model(void)
{
    static struct arena life;
    static struct model *m;
    if (!m) {
        life = arena_make(256u << 20);
        struct sources s;
        struct diags d = diags_make(&life);
        m = load_folder(&life, STR("regulations"), &s).code ? NULL : model_build(&life, &s, &d);
        MUST(m != NULL);
    }
    return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = arena_make(256u << 20);
    struct diags d = diags_make(&a);
    const struct mapping *m = mapping_load(&a, fuzz_text(data, size), STR("m"), the_model(), &d);
    MUST((m != NULL) == (d.errors == 0));
    arena_end(&a);
    return 0;
}
