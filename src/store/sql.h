/* sql.h - the text of a statement, and the only ways to make one.
 *
 * Values never stand in the text; they are arguments ($1, $2 ...; the same
 * text for SQLite and PostgreSQL).  A statement known when we write the
 * program is SQL("select ..."): anything but a literal does not compile.  A
 * statement that depends on the model (its tables and columns are named by
 * regulations) is put together with struct sqlb, which takes literals,
 * checked identifiers and whole numbers, and nothing else.  A fragment made
 * by one builder can be put into another.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "base/buf.h"
#include "base/str.h"

struct sql {
    str text;
    uint64_t hash; /* of the text; 0: not computed yet */
};

/* For the cache of statements, in memory only: eight bytes at a time. */
uint64_t sql_hash(str text);

/* A literal statement. */
#define SQL(lit) ((struct sql){.text = STR(lit)})

struct sqlb {
    struct buf buf;
};

/* An empty statement in `a`. */
struct sqlb sqlb_make(struct arena *a);
#define SQLB_LIT(b, lit) sqlb_put_trusted((b), STR(lit))
void sqlb_put_trusted(struct sqlb *b, str literal); /* through SQLB_LIT only */
/* "name", quoted.  A name is [a-z_][a-z0-9_]*, at most 63 bytes; anything else
 * aborts: the loader has checked every name of a definition before. */
void sqlb_ident(struct sqlb *b, str name);
/* "prefix" and "name" together as one identifier: sqlb_ident2(b, "f_", "due"). */
void sqlb_ident2(struct sqlb *b, const char *prefix, str name);
void sqlb_i64(struct sqlb *b, int64_t v); /* decimal; negative in brackets */
/* 'text' as an SQL literal, quotes doubled.  Only for constants of a
 * definition; refuses (aborts on) NUL.  Never for what a request brought. */
void sqlb_text(struct sqlb *b, str s);
void sqlb_param(struct sqlb *b, int n); /* $n, n >= 1 */
void sqlb_sql(struct sqlb *b, struct sql part);
struct sql sqlb_end(struct sqlb *b); /* with its hash; more than 4 MB abort */

#endif
