/* control_open.h - what is open at the articles of a regulation: findings that are not closed,
 * and waivers in force today.
 *
 * One belongs to the article of the control it names, as the newest version places it; one that
 * names no control, to the article it names.  Counted is what ctx->actor may see, and of an
 * article's controls each, and of its own, the first CONTROL_LOOKED_MAX that anybody may see:
 * where there are more, the figure says "at least".
 */
#ifndef ENGINE_CONTROL_OPEN_H
#define ENGINE_CONTROL_OPEN_H

#include "engine/ctx.h"

enum { CONTROL_LOOKED_MAX = 500 };

struct open_count {
    int64_t n;
    bool more; /* at least n */
};
struct open_at {
    struct open_count findings, waivers;
};

/* Of each article of `law`, a newest version.  In two parts, so that it costs a page no trip of
 * its own: asked along with the next batch of the connection, read when that has run. */
struct batch *control_open_ask(const struct ctx *ctx, const struct law *law);
/* By place of the clause in the law; into ctx->arena. */
MUST_CHECK err control_open_read(const struct ctx *ctx, struct batch *b, const struct law *law,
                                 struct open_at **ret);
/* The filter, as a person types it, by which a list of `t` (the model's findings or waivers)
 * has exactly those counted at `c`. */
str control_open_filter(const struct ctx *ctx, const struct type *t, const struct clause *c);

#endif
