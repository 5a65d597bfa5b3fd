/* csv.h - RFC 4180, read strictly and in pieces, and written safely.
 *
 * The reader is a function over bytes: it takes one record from the beginning
 * of a text and says how much it took, or that it needs more, or what is wrong
 * with it and where.  Lines end in LF or CR LF; a quoted cell may hold both.
 * A record that is wrong costs its first physical line only: the caller goes on
 * with the next one, so that a quote nobody closed does not swallow the file.
 *
 * The writer quotes every cell.  A cell a spreadsheet would take for a formula
 * gets a ' in front, which csv_plain takes off again.
 */
#ifndef CONNECT_CSV_H
#define CONNECT_CSV_H

#include "base/buf.h"
#include "base/words.h"

#include <stdio.h>

struct arena;

enum {
    CSV_CELL_MAX = 256 << 10, /* bytes */
    CSV_RECORD_MAX = 1 << 20, /* bytes */
    CSV_COLUMNS_MAX = 1000,
};

enum csv_status { CSV_ROW, CSV_BAD, CSV_MORE };

struct csv_row {
    const str *cells; /* as written, quotes taken off */
    size_t n;
    size_t bytes;          /* taken from the text, its line end included */
    int lines;             /* physical lines taken */
    bool blank;            /* an empty line */
    struct words why;      /* CSV_BAD; bytes and lines then tell of the first line only */
    int why_line, why_col; /* where, from 1, counted from the record's beginning */
};

/* The record at the beginning of `text`, which must not be empty.  CSV_MORE: it
 * does not end in `text`; never when `last` says that nothing follows.  At the
 * limits a record is bad.  Cells live in `a` or are views of `text`. */
enum csv_status csv_parse(struct arena *a, str text, bool last, char separator,
                          struct csv_row *ret);

/* "cell", quoted, a formula made harmless. */
void csv_put(struct buf *b, str cell);
void csv_write(FILE *to, str cell); /* the same, to a file */
/* Takes the ' off a cell that csv_put made harmless. */
str csv_plain(str cell);

#endif
