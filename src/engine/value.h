/* value.h - values of fields: typed, from text, to text.
 *
 * One value type for forms, API, imports, scenarios and records.
 */
#ifndef ENGINE_VALUE_H
#define ENGINE_VALUE_H

#include "engine/ctx.h"

struct value {
    bool null;
    int64_t i64;        /* numbers, dates, codes, ids (see model.h for units) */
    str text;           /* text-like */
    const int64_t *ids; /* refs, people */
    size_t nids;
    const struct row_in *rows; /* lines */
    size_t nrows;
};

/* What somebody wants a field to be, as it came in. */
struct value_in {
    str field;        /* key */
    bool null;        /* explicitly empty */
    str text;         /* scalar as text: form, API (numbers as digits), import */
    const str *items; /* lists: refs, people, choices */
    size_t nitems;
    const struct row_in { /* lines: edits of rows */
        int64_t id;       /* 0: a new row */
        bool remove;
        const struct value_in *values;
        size_t nvalues;
    } * rows;
    size_t nrows;
    struct value typed; /* set when already typed (is_typed) */
    bool is_typed;
};

/* Reads text as a value of the field: "2026-11-24", "12.50", a choice's key, a
 * record by id, number, or unique name/login; checks min, max, pattern, UTF-8.
 * References are looked up and must be visible to the actor (else "no such").
 * ERR_VALUE: what was entered is no value of the field, `why` in both languages. */
MUST_CHECK err value_read(const struct ctx *ctx, const struct field *f, const struct value_in *in,
                          struct value *ret, struct words *why);

/* For people, in ctx->lang: dates, money, choice words.  References need names:
 * value_show takes the name when the caller has it (record.h loads them). */
str value_show(const struct ctx *ctx, const struct field *f, const struct value *v, str ref_name);
/* The value of an expression in column `col` of the present row; of a record its name, which is
 * then what stands there. */
str value_cond_show(const struct ctx *ctx, const struct cond *c, const struct rows *r, int col,
                    enum lang lang);
/* For programs and exports: what value_read takes back. */
str value_plain(const struct ctx *ctx, const struct field *f, const struct value *v);

#endif
