/* diff.h - the difference between two versions of a regulation, as people read
 * it before a publication: clauses by their words, the definition by its parts.
 *
 * A pure function of two sources and the laws made of them.  Whether a
 * difference may be published is the engine's (engine/publish.h).
 */
#ifndef MODEL_DIFF_H
#define MODEL_DIFF_H

#include "model/load.h"

enum change_kind {
    CHANGE_CLAUSE,
    CHANGE_SETTING,
    CHANGE_HEAD, /* title, owner, uses, posts */
    CHANGE_TYPE,
    CHANGE_FIELD,
    CHANGE_STATE,
    CHANGE_ACTION,
    CHANGE_APPROVAL, /* a node of an action's approval, or the whole */
    CHANGE_RULE,     /* rules, unique, adds */
    CHANGE_TERM,
    CHANGE_CONTROL,
    CHANGE_STANDARD, /* which items of standards a clause answers to */
    CHANGE_DUTY,
    CHANGE_SEE,      /* who may see records or a field */
    CHANGE_CROSSING, /* an action newly performed on another regulation's records */
    CHANGE_STRANDS   /* forbids the publication */
};

struct change {
    enum change_kind kind;
    const struct law *law; /* the new version */
    str name;              /* clause id, setting key, type.field ... */
    struct words what;     /* "字段 device.warranty" */
    str before, after;     /* texts; empty: was not there, is no more */
};
struct changes {
    struct change *ptr;
    size_t len, cap;
    bool refused; /* one of them strands something */
};

void changes_add(struct arena *a, struct changes *c, struct change one);
/* Adds what `next` changes against `before` (NULL: a new regulation). */
void law_diff(struct arena *a, const struct source *before, const struct law *law_before,
              const struct source *next, const struct law *law_next, struct changes *ret);
/* A setting's value as people write it; a list as one entry a line. */
str setting_text(struct arena *a, const struct setting *s); /* NULL: empty */

/* Line by line: what went, what came, what stayed (a longest common subsequence).  Of
 * more than some four million pairs of lines: all went, all came. */
struct diff_line {
    char sign; /* '-' '+' ' ' */
    str text;
};
struct diff_lines {
    const struct diff_line *ptr;
    size_t len;
};
struct diff_lines text_diff(struct arena *a, str before, str after);

#endif
