/* mapping.h - how the lines of a file become acts: the language that
 * examples/service-desk/README.md describes, loaded strictly.
 *
 * A mapping is checked against the model in force before the first line is
 * read: every key, action, field, state, table and way it names.  All mistakes
 * are told in one run, each at file:line:column.  What a column is called is
 * known only with the file: mapping_bind.
 *
 * Immutable once loaded; it points into the model, which must be held as long.
 */
#ifndef CONNECT_MAPPING_H
#define CONNECT_MAPPING_H

#include "model/diag.h"
#include "model/model.h"

struct csv_file;

enum { WAYS_DEEP = 8 };

struct map_column {
    str name;
    struct pos pos; /* where it is named first */
    int at;         /* place in the file; set by mapping_bind */
};

struct map_table {
    str name;
    const struct map_entry {
        str from, to;
    } * entries;
    size_t len;
    bool has_rest; /* "*" */
    str rest;
};

/* A value, not yet seen through a line. */
struct map_value {
    enum { VALUE_NONE, VALUE_TEXT, VALUE_LIST, VALUE_JOIN, VALUE_ROWS } kind;
    struct pos pos;
    const struct map_piece {
        str literal;
        int column; /* -1: literal */
        enum { CELL_HERE, CELL_FIRST, CELL_LAST } which;
        const struct map_table *table; /* or NULL */
    } * pieces;                        /* VALUE_TEXT */
    size_t npieces;
    const struct map_value *items; /* VALUE_LIST, VALUE_JOIN */
    size_t nitems;
    const struct map_value *otherwise; /* VALUE_JOIN: NULL, none */
    const struct map_row {
        const struct map_with *values;
        size_t len;
    } * rows; /* VALUE_ROWS */
    size_t nrows;
};

struct map_with {
    const struct field *field;
    struct map_value value;
};

struct map_states {
    bool given;
    const struct state *const *list;
    size_t len;
};

struct map_way;

struct map_step {
    enum { MAP_PERFORM, MAP_WAY, MAP_SKIP } kind;
    struct pos pos;
    const struct action *action; /* MAP_PERFORM, and of an event that creates */
    struct map_states in, unless;
    const struct map_way *way;
    str skip;
    const struct map_with *with;
    size_t nwith;
    const int *at; /* columns: the first known counts; 0: the case's */
    size_t nat;
    struct map_value by; /* VALUE_NONE: the case's */
};

struct map_way {
    str name;
    struct pos pos;
    const struct map_step *steps;
    size_t len;
    int deep; /* the loader's: 0 not known yet, -1 being looked at */
};

struct map_cells { /* a column and the cells that count */
    int column;
    const str *cells;
    size_t len;
};

struct map_event {
    struct pos pos;
    enum { FIRST_ANY, FIRST_YES, FIRST_NO } first;
    const struct map_cells *is, *was;
    size_t nis, nwas;
    const struct map_value *changed;
    size_t nchanged;
    struct map_states in;
    const struct map_step *create; /* or */
    const struct map_step *steps;
    size_t nsteps;
};

/* People or units: looked for, else created. */
struct map_register {
    const struct type *type; /* NULL: the organisation keeps none */
    const struct action *create;
    const struct field *name;
    const struct map_with *with;
    size_t nwith;
    bool given;
};

struct mapping {
    str name;
    const struct model *model;
    const struct type *into;
    char separator;
    bool gb18030;
    const str *unknown;
    size_t nunknown;
    str time; /* as strptime */
    int zone; /* minutes */
    struct map_column *columns;
    size_t ncolumns;
    int key, at; /* columns */
    const int *order;
    size_t norder;
    const struct field *field; /* of the record: keeps the key */
    struct map_value by;
    struct map_register people, units;
    const struct map_table *tables;
    size_t ntables;
    const struct map_cells *accept;
    size_t naccept;
    const struct map_way *ways;
    size_t nways;
    const struct map_event *events;
    size_t nevents;
    const struct map_step *otherwise;
    size_t notherwise;
    struct {
        const struct field *field; /* yes and no; NULL: nothing is compared */
        const struct term *const *terms;
        size_t len;
    } compare;
};

/* NULL after a mistake.  Everything lives in `a`. */
struct mapping *mapping_load(struct arena *a, str text, str file, const struct model *m,
                             struct diags *d);
/* Finds the columns in the file; those it lacks are mistakes. */
void mapping_bind(struct mapping *m, const struct csv_file *f, struct diags *d);

/* Is a value given for this field? */
bool map_has(const struct map_with *with, size_t n, const struct field *f);
/* A time as the file writes it, or as 2026-11-24T09:30 with or without a zone;
 * false when it has neither form. */
bool map_time(const struct mapping *m, str text, int64_t *ret_ms);
/* Is the text a way of writing times that map_time understands? */
bool map_time_form(str form, str *ret_wrong);

#endif
