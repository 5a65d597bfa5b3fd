/* export.h - a list of records as CSV or as a workbook: what people may see, in columns
 * they choose, safe to open in a spreadsheet (csv.h, xlsx.h), and such that an import
 * takes it back.
 *
 * A column is a field's key, or number, name, state, created_at, changed_at.  Values
 * are those of programs (value_plain): keys of choices, ISO times; a record stands by
 * its number, else its name; several are joined by commas.
 */
#ifndef CONNECT_EXPORT_H
#define CONNECT_EXPORT_H

#include "base/buf.h"
#include "engine/list.h"

struct export_columns {
    const str *keys;
    size_t len;
    const str *fields; /* those of them that are fields: for list_query.columns */
    size_t nfields;
};

/* `keys` 0: number, name, state, every field that fits in a cell, created_at,
 * changed_at.  Fields with a `see` of their own only with `all` (a list that is
 * `unasked`).  ERR_VALUE: there is no such column, *why names it. */
MUST_CHECK err export_columns(struct arena *a, const struct type *t, bool all, const str *keys,
                              size_t n, struct export_columns *ret, struct words *why);
/* The first line; `mark`: a byte-order mark before it, which old spreadsheets need. */
void export_head(struct buf *b, const struct export_columns *c, bool mark);
void export_record(const struct ctx *ctx, struct buf *b, const struct export_columns *c,
                   const struct record *r);
/* The text of one cell; empty where this reader may not see the field. */
str export_cell(const struct ctx *ctx, const struct record *r, str key);

/* --- as a workbook ------------------------------------------------------------------- */

struct xlsx;

/* What is told beside the records: label and value each. */
struct export_note {
    struct words label;
    str value;
};

/* Numbers, dates and times are such in their cells; keys of columns stand in the
 * hidden first row, their names in ctx->lang below it. */
MUST_CHECK err export_sheet(const struct ctx *ctx, const struct type *t,
                            const struct export_columns *c, struct xlsx **ret);
void export_sheet_record(const struct ctx *ctx, struct xlsx *x, const struct export_columns *c,
                         const struct record *r);
/* Adds a sheet of the notes, and one of what the keys in the columns mean; as
 * xlsx_end. */
MUST_CHECK err export_sheet_end(const struct ctx *ctx, struct xlsx *x, const struct type *t,
                                const struct export_columns *c, const struct export_note *notes,
                                size_t nnotes, int *ret_fd, int64_t *ret_size);

#endif
