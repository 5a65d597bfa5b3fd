/* db_kept.h - answers kept while the database stands still; SQLite's readers.
 *
 * Some questions are asked by every page: the frame's figures, whose records
 * concern this person.  A connection keeps the last answers to them, each with
 * SQLite's own number of the state it was read in (pragma data_version, asked
 * inside the page's snapshot), and gives an answer again only in that state.
 * Only whole numbers are kept, and only few; an answer has four places where it may
 * stand, so that questions which a page asks together do not drive each other out.
 */
#ifndef STORE_DB_KEPT_H
#define STORE_DB_KEPT_H

#include "store/db_int.h"

enum { KEPT_SETS = 16, KEPT_WAYS = 4, KEPT_ARGS = 8, KEPT_CELLS = 64 };

struct kept {
    struct kept_slot {
        int64_t serial; /* of the prepared statement; 0: empty */
        int64_t version;
        int64_t args[KEPT_ARGS];
        int64_t cells[KEPT_CELLS];
        uint64_t null_args, null_cells;
        int nargs, cols;
        int64_t rows;
    } slots[KEPT_SETS][KEPT_WAYS];
    unsigned turn; /* whose place is taken next where all four are wanted */
};

/* Gives the kept answer to `s`, if there is one of this version. */
bool kept_find(const struct kept *k, int64_t serial, int64_t version, struct batch_stmt *s);
/* Keeps the answer of `s` if it is of the kind that is kept. */
void kept_put(struct kept *k, int64_t serial, int64_t version, const struct batch_stmt *s);

#endif
