/* csv_file.h - a CSV file, or a workbook, as a table whose first line names the columns.
 *
 * Read once from beginning to end, in bounded memory whatever its size; and any
 * record again by its place.  A byte-order mark is passed over; GB18030 is put
 * into UTF-8 in a temporary file first (a file with the mark of UTF-8 is UTF-8
 * whatever was said), and so is a workbook into CSV (xlsx.h): its lines are
 * numbered as the rows of its sheet.  A record that is malformed, is no UTF-8 or has another
 * number of cells than the first line is bad: with its line, its column and why.
 */
#ifndef CONNECT_CSV_FILE_H
#define CONNECT_CSV_FILE_H

#include "base/err.h"
#include "connect/csv.h"

struct csv_file;

/* ERR_NOT_FOUND, ERR_INVALID (no first line, another encoding, two columns of
 * one name): *why says it to people.  The file closes with `life`. */
MUST_CHECK err csv_file_open(struct arena *life, str path, char separator, bool gb18030,
                             struct words *why, struct csv_file **ret);
/* The same of a file that somebody has opened; it closes `fd` in any case.  `name`
 * is for messages. */
MUST_CHECK err csv_file_take(struct arena *life, int fd, str name, char separator, bool gb18030,
                             struct words *why, struct csv_file **ret);
/* Is `fd` open on the very file this was made of? */
bool csv_file_is(const struct csv_file *f, int fd);

struct str_list csv_file_columns(const struct csv_file *f);
int csv_file_column(const struct csv_file *f, str name); /* -1: none */
int64_t csv_file_bytes(const struct csv_file *f);

struct csv_place {
    int64_t offset, line; /* line from 1, of the file */
    uint32_t bytes;
};

/* The next record, below the first line.  CSV_MORE: the file is at its end.
 * CSV_BAD: row->why, and *place is that of its first physical line. */
enum csv_status csv_file_next(struct csv_file *f, struct arena *a, struct csv_row *row,
                              struct csv_place *place);
/* A record read before, by its place. */
MUST_CHECK err csv_file_at(const struct csv_file *f, struct arena *a, const struct csv_place *place,
                           struct csv_row *row);
/* The bytes at a place, as they stand in the file (in UTF-8, where it was put into it). */
MUST_CHECK err csv_file_raw(const struct csv_file *f, struct arena *a,
                            const struct csv_place *place, str *ret);

#endif
