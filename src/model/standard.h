/* standard.h - lists of what a standard asks for, and which clause answers to which item.
 *
 * A list is a file of lines with five columns, separated by tabs:
 *
 *     #zhidu-standard	1
 *     #key	ISO27001                 as definitions name it; for ever
 *     #zh	...                      its title
 *     #en	...
 *     #source	ISO/IEC 27001:2022       of which text
 *     #note.zh	...                      optional: what it is not
 *     #note.en	...
 *     item	parent	kind	zh	en       the columns, in any order
 *     A.5		group	组织控制	Organisational controls
 *     A.5.1	A.5	auto	...	...
 *
 * Nothing is passed over: an unknown column or key, a broken or a second line are mistakes.
 *
 * A definition says for a clause, under `standards`, which items it answers to and how:
 * "ISO27001/A.8.32 intersects".  Nothing is inferred from it.
 */
#ifndef MODEL_STANDARD_H
#define MODEL_STANDARD_H

#include "model/diag.h"

enum {
    STANDARDS_MAX = 50,         /* of an installation */
    STANDARD_ITEMS_MAX = 2000,  /* of one list */
    STANDARD_MAPS_MAX = 1000,   /* of one regulation */
    STANDARD_CLAUSE_MAX = 20,   /* of one clause */
    STANDARD_NAME_MAX = 40,     /* bytes of a key and of an item */
    STANDARD_WORDS_MAX = 200,   /* characters of a title */
    STANDARD_FILE_MAX = 1 << 20 /* bytes */
};

/* Who can tell whether an item is met: records alone, records and what is declared, people. */
enum standard_kind { STANDARD_GROUP, STANDARD_AUTO, STANDARD_SEMI, STANDARD_MANUAL };
enum { STANDARD_KINDS = STANDARD_MANUAL + 1 };

struct standard_item {
    str item;
    str parent; /* a group above it in the list; empty: none */
    enum standard_kind kind;
    struct words words;
};

struct standard {
    str key;
    struct words title;
    str source;
    struct words note; /* may be empty */
    const struct standard_item *items;
    size_t nitems;
};

/* False with mistakes in `d`; what is returned points into `text`. */
bool standard_read(struct arena *a, str text, str file, struct diags *d, struct standard *ret);
/* NULL when absent. */
const struct standard_item *standard_find(const struct standard *s, str item);
struct words standard_kind_words(enum standard_kind k);

/* What of the item the clause asks for: the same, a part of it, more than it, or some. */
enum relation { RELATION_EQUAL, RELATION_SUBSET, RELATION_SUPERSET, RELATION_INTERSECTS };
enum { RELATIONS = RELATION_INTERSECTS + 1 };

struct mapping_of {
    const struct clause *clause;
    str standard, item;
    enum relation relation;
    struct pos pos;
};

/* Where the clause holds, is the whole of the item met? */
bool relation_whole(enum relation r);
str relation_key(enum relation r);
struct words relation_words(enum relation r);

/* A mistake for each item that a list of its name has not, a warning where there is no
 * such list among the `n`. */
void standards_check(const struct law *law, const struct standard *lists, size_t n,
                     struct diags *d);

#endif
