/* xlsx_int.h - shared by xlsx_read.c and xlsx_sheet.c: the parts of a workbook. */
#ifndef CONNECT_XLSX_INT_H
#define CONNECT_XLSX_INT_H

#include "connect/csv.h"
#include "connect/xlsx.h"

#include <expat.h>

/* What a number of a style is. */
enum xlsx_kind { XLSX_NUMBER, XLSX_DATE, XLSX_MOMENT, XLSX_CLOCK };

enum { XLSX_STYLES_MAX = 65536, XLSX_NAME = 256 };

/* The parts that are read before the sheet.  Memory is malloc's, given back by
 * xlsx_to_csv: an arena would jump out of the parser's callbacks. */
struct xlsx_book {
    char sheet_id[XLSX_NAME], sheet[XLSX_NAME]; /* relation of the first sheet; its part */
    bool from_1904;
    char *texts; /* shared, one after the other */
    size_t texts_len, texts_cap;
    uint32_t *text_ends; /* of each */
    size_t ntexts, texts_room;
    unsigned char *styles; /* enum xlsx_kind of each */
    size_t nstyles;
};

/* One part being parsed.  `stop` ends it; the first reason stands. */
struct xlsx_part {
    struct xlsx_book *book;
    XML_Parser parser;
    struct words why;
    bool too_large;
    int depth, skip; /* skip: inside an element whose text is not wanted, at that depth */
    bool wanted;     /* character data goes to `text` */
    char *text;      /* CSV_CELL_MAX bytes */
    size_t len;
    void (*begin)(struct xlsx_part *p, const char *name, const char **attributes);
    void (*end)(struct xlsx_part *p, const char *name);
    void *user;
};

void xlsx_stop(struct xlsx_part *p, struct words why);
/* Of an attribute, whatever its namespace; NULL: none. */
const char *xlsx_attribute(const char **attributes, const char *name);
/* Kind of a format: its number, and its code where the workbook has one. */
enum xlsx_kind xlsx_kind_of(long id, const char *code);

/* --- the sheet (xlsx_sheet.c) ----------------------------------------------------------- */

struct xlsx_sheet {
    FILE *to;
    char separator;
    int64_t row, done;   /* number of the row being read; of the last one written */
    int col, put;        /* of the cell; cells of the row written */
    int width;           /* columns, once the names are known; 0: not yet */
    int64_t names;       /* row of the names; 0: not yet */
    bool hidden, titles; /* the row is hidden; the next one is passed over */
    bool passing;
    char type; /* of the cell: n number, s shared, b yes or no, t any other text */
    unsigned long style;
};

void xlsx_sheet_begin(struct xlsx_part *p, const char *name, const char **attributes);
void xlsx_sheet_end(struct xlsx_part *p, const char *name);

#endif
