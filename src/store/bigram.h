/* bigram.h - words for full-text search, Chinese among them.
 *
 * Chinese has no spaces, so a run of Chinese characters is indexed as
 * overlapping pairs: 打印机 gives 打印, 印机, and its last character 机.  Words
 * of letters and digits are folded to lower case (full-width forms too) and
 * cut after 64 bytes.  Everything else separates.
 *
 * One walk over the text serves SQLite (FTS5, tokenize = 'bigram', known on
 * every connection of store/db.h) and PostgreSQL (a tsvector and a tsquery as
 * text, to be cast: cast($1 as tsvector)).
 *
 * What a person types is cut at white space into terms; a record is found when
 * it holds all of them.  A term is found as it stands (打印机 finds 打印机 but
 * not 打印 ... 印机), except that its last word of letters, or its only Chinese
 * character, may go on: "prin" finds "printer", 打 finds 打印.
 *
 * An index without positions (FTS5 with detail=none) knows no phrases.  The
 * form BIGRAM_ALL asks such an index for all words of a term, wherever they
 * stand, and finds a little too much: compare with bigram_match.
 */
#ifndef STORE_BIGRAM_H
#define STORE_BIGRAM_H

#include "base/str.h"

struct arena;
struct sqlite3;

/* Makes the tokeniser known to a connection; db_open does it.  False: an SQLite without FTS5. */
bool bigram_register(struct sqlite3 *h);

enum bigram_form {
    BIGRAM_PHRASE, /* the words of a term stand side by side */
    BIGRAM_ALL     /* they all stand somewhere */
};

struct bigram_query {
    str match;   /* for FTS5: where t match $1 */
    str tsquery; /* for PostgreSQL: where v @@ cast($1 as tsquery) */
};

/* False when the text holds nothing to search for.  At most 64 words are used, the rest is
 * left out.  *ret lives in `a`. */
bool bigram_query(struct arena *a, str typed, enum bigram_form form, struct bigram_query *ret);

/* The text of a tsvector, with positions: "'打印':1 '印机':2 '机':2".  Stops before
 * PostgreSQL's bound of 1 MB. */
str bigram_tokens(struct arena *a, str text);

/* Does this text hold what was typed?  Exactly what BIGRAM_PHRASE finds. */
bool bigram_match(struct arena *a, str text, str typed);

#endif
