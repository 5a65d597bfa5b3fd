/* lines.h - the lines of one case, as a mapping sees them.
 *
 * Cells are trimmed, runs of blanks in them made one; a cell that means "not
 * known" has no text at all.  Lines stand in the order of the mapping.  For
 * each line and column it is known where the last known cell stands, so that
 * "what was it before" costs one look.
 */
#ifndef CONNECT_LINES_H
#define CONNECT_LINES_H

#include "base/err.h"
#include "connect/csv_file.h"
#include "connect/mapping.h"

enum { LINE_KEY = 32 }; /* hexadecimal digits */

struct line {
    struct csv_place place;
    char key[LINE_KEY + 1]; /* of its content: the same line has the same key, in any file */
    const str *cells;       /* by column of the mapping; ptr NULL: not known */
    const int *known;       /* by column: the last line up to this in which it is known; -1 */
    bool again;             /* an earlier line of the case says exactly the same */
};

struct lines {
    const struct mapping *m;
    str key; /* of the case */
    struct line *list;
    size_t n;
    const int *first; /* by column: the first line in which it is known; -1 */
};

/* Reads the lines at `places` and puts them in order. */
MUST_CHECK err lines_read(struct arena *a, const struct mapping *m, const struct csv_file *f,
                          const struct csv_place *places, size_t n, struct lines *ret);
/* Trimmed, blanks made one; ptr NULL where it means "not known". */
str lines_cell(struct arena *a, const struct mapping *m, str raw);

/* --- values --------------------------------------------------------------------- */

enum found { FOUND, FOUND_UNKNOWN, FOUND_BAD /* *why says it */ };

/* The text of a value at line i; alternatives and joins are settled. */
enum found lines_text(struct arena *a, const struct lines *l, size_t i, const struct map_value *v,
                      str *ret, struct words *why);
/* All of a list, each of which may be a list of alternatives. */
enum found lines_items(struct arena *a, const struct lines *l, size_t i, const struct map_value *v,
                       const str **ret, size_t *n, struct words *why);
/* Do `is`, `was` and `changed` hold at line i? */
enum found lines_hold(struct arena *a, const struct lines *l, size_t i, const struct map_event *e,
                      bool *ret, struct words *why);
/* FOUND_BAD: a cell has a value that is not accepted. */
enum found lines_accept(struct arena *a, const struct lines *l, size_t i, struct words *why);

#endif
