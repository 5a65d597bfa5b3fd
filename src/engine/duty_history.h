/* duty_history.h - who did what was owed: of the occurrences of periods that began in a window, how
 * many were done in time, late or missed, by article, by post and by person.
 *
 * Counted is what ctx->actor may see, so each figure is as long as the list of its records
 * (duty_rows).  A post stands as its regulation words it now, whatever was said then; who held it
 * stands on the occurrence itself: whoever owed it when it ended.  What several owed counts for
 * each of them, and once for their post.
 */
#ifndef ENGINE_DUTY_HISTORY_H
#define ENGINE_DUTY_HISTORY_H

#include "engine/duty.h"

enum {
    DUTY_HOLDERS_MAX = 300,  /* pairs of post and person that are told */
    DUTY_LOOKED_MAX = 50000, /* occurrences looked at, where each must be (duty_sum_sees): those
                                that began last */
};

struct duty_holder {
    int64_t person; /* 0: nobody held the post */
    str name;       /* empty: the actor may not see it */
    struct duty_counts counts;
    int64_t did; /* how many he did himself, whoever owed them */
};
struct duty_post {
    const struct ddef *def; /* one of the duties it owes: duty_owner_words */
    struct duty_counts counts;
    struct {
        struct duty_holder *ptr;
        size_t len;
    } people; /* most missed, then most late, first */
};
struct duty_article {
    const struct clause *clause;
    struct {
        const struct ddef **ptr;
        size_t len;
    } duties;
    struct duty_counts counts;
};
struct duty_history {
    struct duty_counts counts; /* of all */
    struct {
        struct duty_post *ptr;
        size_t len;
    } posts; /* most missed first */
    struct {
        struct duty_article *ptr;
        size_t len;
    } articles;            /* in order of regulation and text */
    int64_t holders;       /* pairs of post and person that there are; more than are told: the
                              rest, which is the best, is left out */
    bool more;             /* there are more occurrences than were looked at: no figure is of all */
    str unit, owner, doer; /* names of those asked for, where they may be seen */
};

/* Asked along with the next batch of the connection, read when that has run. */
struct duty_history_asked {
    struct batch *b; /* NULL: there are no duties */
    struct names *names;
    const struct duty **list;
    size_t n;
    int *posts; /* by place in the list: its post */
    size_t nposts;
    bool kept; /* counted from what is kept (duty_sum.h), not from the occurrences */
    int figures;
};
struct duty_history_asked duty_history_ask(const struct ctx *ctx, const struct duty_of *of);
MUST_CHECK err duty_history_read(const struct ctx *ctx, const struct duty_of *of,
                                 const struct duty_history_asked *q, struct duty_history *ret);

#endif
