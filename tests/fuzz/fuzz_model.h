/* fuzz_model.h - the regulations that ship, as the model a target works on. */
#ifndef TESTS_FUZZ_FUZZ_MODEL_H
#define TESTS_FUZZ_FUZZ_MODEL_H

#include "model/load.h"

#include "fuzz/fuzz.h"

/* Built at the first call, there for all runs. */
static inline const struct model *fuzz_model(void)
{
    static struct arena life;
    static const struct model *m;
    if (!m) {
        life = arena_make(256u << 20);
        struct sources s;
        struct diags d = diags_make(&life);
        m = load_folder(&life, NULL, STR("regulations"), &s).code ? NULL
                                                                  : model_build(&life, &s, &d);
        MUST(m != NULL);
    }
    return m;
}

#endif
