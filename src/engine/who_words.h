/* who_words.h - a people expression in words: "设备管理员、借用人" - for refusals
 * and for the question who may do this. */
#ifndef ENGINE_WHO_WORDS_H
#define ENGINE_WHO_WORDS_H

#include "model/model.h"

/* The posts, people fields and relations that stand in the expression, without
 * those behind `not`; empty when there are none. */
struct words who_words(struct arena *a, const struct model *m, const struct tdef *d,
                       const struct people *p);

#endif
