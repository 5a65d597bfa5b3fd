/* xlsx.h - tables as workbooks (ECMA-376, "Office Open XML"), out and in.
 *
 * Out: sheets of data one after the other, rows going to a temporary file as they
 * come, and sheets of notes beside them.  The first row holds names for programs and is
 * hidden, the second titles for people; both stay in sight.  Text is always
 * text, so nothing is ever a formula.  Moments are written in the time of a zone.
 *
 * In: the first sheet becomes CSV, so that a workbook is read by whatever reads
 * CSV (csv_file.h).  Its first row that is not empty names the columns; when that
 * row is hidden, as in what we write, the row below it is passed over.  Dates and
 * times come out as 2026-11-24 and 2026-11-24T10:30:00, yes and no as true and
 * false, of formulas the value that was kept.
 *
 * Bounds of what is read, each with words of its own: entries, bytes of a part
 * and of all, their ratio to what is packed, depth, rows, columns, bytes of a
 * cell, texts.  Nothing is unpacked to a name the file gives; a document type
 * (DTD), and with it every entity, is refused, and so is what is encrypted.
 */
#ifndef CONNECT_XLSX_H
#define CONNECT_XLSX_H

#include "base/err.h"
#include "base/str.h"
#include "base/words.h"

#include <stdio.h>

struct arena;

enum {
    XLSX_ROWS_MAX = 1048576, /* of the format */
    XLSX_CELL_CHARS = 32000, /* written; the format has room for 32,767 UTF-16 units */
    XLSX_ENTRIES_MAX = 2000,
    XLSX_PART_MAX = 768 << 20, /* bytes unpacked; all together twice that */
    XLSX_RATIO_MAX = 300,      /* unpacked to packed, beyond the first megabyte */
    XLSX_DEPTH_MAX = 32,
    XLSX_TEXTS_MAX = 128 << 20, /* bytes of shared texts, held in memory */
};

/* --- out ---------------------------------------------------------------------------- */

struct xlsx;

/* A column: `name` for programs, `title` for people. */
struct xlsx_column {
    str name, title;
    int width; /* characters; 0: usual */
};

/* What is begun ends with `life`, whatever happens in between.  `sheet`: at most
 * 31 characters, none of []:*?/\.  ERR_DISK: no room for temporary files; ERR_BUSY: memory
 * or file descriptors are short. */
MUST_CHECK err xlsx_begin(struct arena *life, str sheet, const struct xlsx_column *columns,
                          size_t n, int zone_minutes, struct xlsx **ret);
/* The next cell of the row; nothing beyond the columns.  xlsx_text cuts what no
 * cell can hold and counts it. */
void xlsx_none(struct xlsx *x);
void xlsx_text(struct xlsx *x, str text);
void xlsx_bool(struct xlsx *x, bool v);
/* v / 10^decimals; as text beyond the 15 digits that programs keep of a number. */
void xlsx_number(struct xlsx *x, int64_t v, int decimals);
void xlsx_date(struct xlsx *x, int64_t day);  /* since 1970-01-01 */
void xlsx_moment(struct xlsx *x, int64_t ms); /* UTC */
void xlsx_row(struct xlsx *x);                /* the row is complete */
int64_t xlsx_cut(const struct xlsx *x);       /* texts cut until now */
/* Ends the sheet of data; what follows goes to another one. */
void xlsx_sheet(struct xlsx *x, str name, const struct xlsx_column *columns, size_t n);
/* Another sheet, of texts only: `cells` row by row, the first row its head. */
void xlsx_notes(struct xlsx *x, str name, const str *cells, size_t columns, size_t rows);
/* The workbook as an open file without a name, which the caller closes.
 * ERR_TOO_LARGE: more rows than a sheet has.  ERR_STORE: no room. */
MUST_CHECK err xlsx_end(struct xlsx *x, int *ret_fd, int64_t *ret_size);

/* --- in ----------------------------------------------------------------------------- */

/* Writes the first sheet of the workbook open as `fd` to `to`.  Empty rows become
 * empty lines; those before the names are left out, and *ret_row is the row the
 * names stand in (from 1; where the row of titles was passed over, that one): the
 * first line of data is row *ret_row + 1.  ERR_INVALID, ERR_TOO_LARGE with *why. */
MUST_CHECK err xlsx_to_csv(struct arena *a, int fd, char separator, FILE *to, int64_t *ret_row,
                           struct words *why);

#endif
