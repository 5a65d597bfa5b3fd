/* diag.h - mistakes in definitions, collected: all of them in one run.
 *
 * Printed as   file:line:column: what, expected what, did you mean ...
 * in the language of the reader.  At most 200 mistakes and 100 warnings are kept,
 * further ones counted; a text is cut after 2,000 bytes.  Kept places and words are
 * copies in the arena of the list, so they outlive what was loaded.
 */
#ifndef MODEL_DIAG_H
#define MODEL_DIAG_H

#include "base/words.h"
#include "model/model.h"

struct diag {
    struct pos pos;
    bool warning;
    struct words words;
};

/* A version of one regulation names what the newest version of another has
 * taken away: no mistake by itself (old records still have it), but nothing
 * that may be published while the naming version is in use. */
struct taken {
    struct pos pos;
    const struct law *law;   /* whose text names it */
    const struct type *type; /* whose name it was */
    str name;
};

struct diags {
    struct arena *arena;
    struct diag *ptr;
    size_t len, cap;
    size_t errors, warnings; /* all, also those not kept */
    struct taken *taken;
    size_t ntaken, taken_cap;
};

struct diags diags_make(struct arena *a);
/* Both texts are formats with the same arguments in the same order. */
void diag_error(struct diags *d, struct pos p, const char *zh, const char *en, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
/* One that is ready, of another list. */
void diag_add(struct diags *d, struct diag one);
/* The same with a text that is ready. */
void diag_error_words(struct diags *d, struct pos p, struct words w);
void diag_warning(struct diags *d, struct pos p, const char *zh, const char *en, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
/* At most 200; what it points to is the model's. */
void diag_taken(struct diags *d, struct taken one);
/* The nearest of `n` names by edit distance (Damerau-Levenshtein, neighbours swapped
 * counting one), or empty when none is near. */
str diag_nearest(str name, const str *names, size_t n);
/* One as the line above shows it. */
str diag_print(struct arena *a, const struct diag *d, enum lang lang);

#endif
