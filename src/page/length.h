/* length.h - the value of a setting as people read and type it: "2 个工作小时",
 * "2 working hours".
 *
 * A definition writes lengths in words of its own ("2 workhours", "30m"), which stay
 * what is published and what the ledger holds.  Pages show the words of the reader's
 * language and take either; what length_shown gives, length_typed takes back.
 */
#ifndef PAGE_LENGTH_H
#define PAGE_LENGTH_H

#include "base/words.h"
#include "model/expr.h"

/* A value as a definition writes it, in words; `written` itself where the kind is no
 * length of time, or it is no value of the kind. */
str length_shown(struct arena *a, enum vkind kind, str written, enum lang lang);
/* What somebody typed, as a definition writes it; `typed` itself, trimmed, where it is
 * not a whole number with a unit in words. */
str length_typed(struct arena *a, enum vkind kind, str typed);

#endif
