#include "guess.h"

#include <string.h>

enum what {
    G_AND,
    G_OR,
    G_NOT,
    /* people */
    G_OWNER,
    G_HELPER,
    G_CREATOR,
    G_CREW,
    G_POST_AT,
    G_POST,
    G_ROLE,
    G_HEAD,
    G_LEADER,
    G_MEMBERS,
    G_UNDER,
    G_BASE_OWNER,
    G_BY,
    G_SEES,
    G_EVERYONE,
    /* conditions */
    G_N,
    G_N_NULL,
    G_KIND,
    G_FLAG,
    G_STATE,
    G_TEXT,
    G_DUE,
    G_OWNER_IS_ACTOR,
    G_BASE_N,
    G_IF,
};

struct guess {
    enum what what;
    int op, value; /* of comparisons */
    const struct guess *a, *b, *c;
};

uint64_t guess_random(struct guess_world *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

int guess_below(struct guess_world *w, int n)
{
    return (int)((guess_random(w) >> 33) % (uint64_t)n);
}

static struct guess *node(struct guess_world *w, enum what what)
{
    struct guess *g = arena_new(w->a, struct guess);
    *g = (struct guess){.what = what, .op = guess_below(w, 6), .value = guess_below(w, 5)};
    return g;
}

static const struct guess *condition(struct guess_world *w, int depth, bool filter)
{
    if (depth > 0 && guess_below(w, 2)) {
        static const enum what joins[] = {G_AND, G_OR, G_NOT, G_IF};
        struct guess *g = node(w, joins[guess_below(w, 4)]);
        g->a = condition(w, depth - 1, filter);
        g->b = condition(w, depth - 1, filter);
        g->c = condition(w, depth - 1, filter);
        return g;
    }
    static const enum what leaves[] = {G_N,    G_N_NULL, G_KIND,           G_FLAG,  G_STATE,
                                       G_TEXT, G_DUE,    G_OWNER_IS_ACTOR, G_BASE_N};
    return node(w, leaves[guess_below(w, filter ? 9 : 7)]);
}

static const struct guess *crowd(struct guess_world *w, int depth, bool base)
{
    if (depth > 0 && guess_below(w, 3)) {
        static const enum what joins[] = {G_OR, G_OR, G_OR, G_AND, G_AND, G_NOT};
        struct guess *g = node(w, joins[guess_below(w, 6)]);
        g->a = crowd(w, depth - 1, base);
        g->b = crowd(w, depth - 1, base);
        return g;
    }
    if (guess_below(w, 4) == 0) {
        return condition(w, 1, false);
    }
    enum what leaf = G_OWNER + (enum what)guess_below(w, G_EVERYONE - G_OWNER);
    if (guess_below(w, 40) == 0) {
        leaf = G_EVERYONE;
    }
    if (leaf == G_SEES && base) {
        leaf = G_OWNER;
    }
    return node(w, leaf);
}

const struct guess *guess_see(struct guess_world *w, bool base)
{
    return crowd(w, 1 + guess_below(w, 3), base);
}

const struct guess *guess_filter(struct guess_world *w)
{
    return condition(w, guess_below(w, 3), true);
}

/* --- as text -------------------------------------------------------------------------- */

static const char *const ops[] = {"==", "!=", "<", "<=", ">", ">="};
static const char *const states[] = {"open", "waiting", "done"};
static const char *const kinds[] = {"a", "b", "c"};
static const char *const texts[] = {"ab", "打印", "b", "x", "机"};

void guess_text(struct buf *b, const struct guess *g)
{
    static const char *const plain[] = {
        [G_OWNER] = "owner",
        [G_HELPER] = "helper",
        [G_CREATOR] = "creator",
        [G_CREW] = "crew",
        [G_POST_AT] = "post('keeper', place)",
        [G_POST] = "post('keeper')",
        [G_ROLE] = "role('auditor')",
        [G_HEAD] = "head_of(place)",
        [G_LEADER] = "leader_of(place)",
        [G_MEMBERS] = "members(place)",
        [G_UNDER] = "under(place)",
        [G_BASE_OWNER] = "base.owner",
        [G_BY] = "by('alter')",
        [G_SEES] = "sees(base)",
        [G_EVERYONE] = "everyone",
        [G_FLAG] = "flag",
        [G_OWNER_IS_ACTOR] = "owner == actor",
    };
    switch ((int)g->what) {
    case G_AND:
    case G_OR:
        BUF_LIT(b, "(");
        guess_text(b, g->a);
        buf_put(b, g->what == G_AND ? STR(" and ") : STR(" or "));
        guess_text(b, g->b);
        BUF_LIT(b, ")");
        return;
    case G_NOT:
        BUF_LIT(b, "not (");
        guess_text(b, g->a);
        BUF_LIT(b, ")");
        return;
    case G_IF:
        BUF_LIT(b, "if(");
        guess_text(b, g->a);
        BUF_LIT(b, ", ");
        guess_text(b, g->b);
        BUF_LIT(b, ", ");
        guess_text(b, g->c);
        BUF_LIT(b, ")");
        return;
    case G_N:
        buf_put_fmt(b, "n %s %d", ops[g->op], g->value);
        return;
    case G_N_NULL:
        buf_put_fmt(b, "n %s null", ops[g->op & 1]);
        return;
    case G_KIND:
        buf_put_fmt(b, "kind in ['%s', '%s']", kinds[g->op % 3], kinds[g->value % 3]);
        return;
    case G_STATE:
        buf_put_fmt(b, "state %s '%s'", ops[g->op & 1], states[g->value % 3]);
        return;
    case G_TEXT:
        buf_put_fmt(b, "contains(s, '%s')", texts[g->value]);
        return;
    case G_DUE:
        buf_put_fmt(b, "due %s today", ops[g->op]);
        return;
    case G_BASE_N:
        buf_put_fmt(b, "base.n %s %d", ops[g->op], g->value);
        return;
    default:
        buf_put(b, str_from(plain[g->what]));
        return;
    }
}

/* --- judged ----------------------------------------------------------------------------- */

static enum truth truth_of(bool known, bool is)
{
    return known ? is ? YES : NO : UNKNOWN;
}

static bool compares(int64_t x, int op, int64_t y)
{
    switch (op) {
    case 0:
        return x == y;
    case 1:
        return x != y;
    case 2:
        return x < y;
    case 3:
        return x <= y;
    case 4:
        return x > y;
    default:
        return x >= y;
    }
}

static bool at_or_above(const struct guess_world *w, int64_t unit, int64_t top)
{
    for (int guard = 0; unit && guard < 5; guard++) {
        if (unit == top) {
            return true;
        }
        int64_t next = 0;
        for (int i = 0; i < 4; i++) {
            next = w->units[i] == unit ? w->above[i] : next;
        }
        unit = next;
    }
    return false;
}

static bool holds_post(const struct guess_world *w, int64_t who, const char *position, int64_t at,
                       bool above)
{
    for (int i = 0; i < w->nposts; i++) {
        const struct guess_post *p = &w->posts[i];
        bool there = !at || p->unit == at || (above && at_or_above(w, at, p->unit));
        if (p->person == who && strcmp(p->position, position) == 0 && there) {
            return true;
        }
    }
    return false;
}

static int64_t home_of(const struct guess_world *w, int64_t who)
{
    for (int i = 0; i < GUESS_PEOPLE; i++) {
        if (w->people[i] == who) {
            return w->home[i];
        }
    }
    return 0;
}

static const struct guess_row *base_of(const struct guess_world *w, const struct guess_row *r)
{
    for (int i = 0; r->base && i < w->nrows; i++) {
        if (w->rows[i].id == r->base) {
            return &w->rows[i];
        }
    }
    return NULL;
}

static bool in_crew(const struct guess_row *r, int64_t who)
{
    for (int i = 0; i < r->ncrew; i++) {
        if (r->crew[i] == who) {
            return true;
        }
    }
    return false;
}

static enum truth judge_person(const struct guess_world *w, const struct guess *g,
                               const struct guess_row *r, int64_t who)
{
    const struct guess_row *b = base_of(w, r);
    bool placed = r->place != 0;
    switch ((int)g->what) {
    case G_OWNER:
        return truth_of(true, r->owner == who);
    case G_HELPER:
        return truth_of(true, r->helper == who);
    case G_CREATOR:
        return truth_of(true, r->creator == who);
    case G_CREW:
        return truth_of(true, in_crew(r, who));
    case G_POST_AT:
        return truth_of(true, placed && holds_post(w, who, "keeper", r->place, true));
    case G_POST:
        return truth_of(true, holds_post(w, who, "keeper", 0, false));
    case G_ROLE:
        return truth_of(true, holds_post(w, who, "auditor", 0, false));
    case G_HEAD:
        return truth_of(true, placed && holds_post(w, who, "head", r->place, false));
    case G_LEADER:
        return truth_of(true, placed && holds_post(w, who, "leader", r->place, true));
    case G_MEMBERS:
        return truth_of(true, placed && home_of(w, who) == r->place);
    case G_UNDER:
        return truth_of(true, placed && at_or_above(w, home_of(w, who), r->place));
    case G_BASE_OWNER:
        return truth_of(true, b && b->owner == who);
    case G_BY:
        return truth_of(true, r->altered[0] == who || r->altered[1] == who);
    case G_SEES:
        return truth_of(true, b && guess_sees(w, w->base_see, b, who));
    default:
        return YES;
    }
}

static enum truth judge_condition(const struct guess_world *w, const struct guess *g,
                                  const struct guess_row *r, int64_t who)
{
    switch ((int)g->what) {
    case G_N:
        return truth_of(r->has_n, compares(r->n, g->op, g->value));
    case G_N_NULL:
        return truth_of(true, r->has_n == ((g->op & 1) == 1));
    case G_KIND:
        return truth_of(r->kind >= 0, r->kind == g->op % 3 || r->kind == g->value % 3);
    case G_FLAG:
        return truth_of(r->has_flag, r->flag);
    case G_STATE:
        return truth_of(true, (r->state == g->value % 3) == ((g->op & 1) == 0));
    case G_TEXT:
        return truth_of(r->s, r->s && strstr(r->s, texts[g->value]));
    case G_DUE:
        return truth_of(r->has_due, compares(r->due, g->op, w->today));
    case G_OWNER_IS_ACTOR:
        return truth_of(r->owner != 0, r->owner == who);
    default: { /* G_BASE_N: what one may not see is missing */
        const struct guess_row *b = base_of(w, r);
        bool seen = b && guess_sees(w, w->base_see, b, who);
        return truth_of(seen && b->has_n, seen && compares(b->n, g->op, g->value));
    }
    }
}

enum truth guess_judge(const struct guess_world *w, const struct guess *g,
                       const struct guess_row *r, int64_t who)
{
    enum truth a = g->a ? guess_judge(w, g->a, r, who) : NO;
    enum truth b = g->b ? guess_judge(w, g->b, r, who) : NO;
    switch ((int)g->what) {
    case G_AND:
        return a == NO || b == NO ? NO : a == YES && b == YES ? YES : UNKNOWN;
    case G_OR:
        return a == YES || b == YES ? YES : a == NO && b == NO ? NO : UNKNOWN;
    case G_NOT:
        return a == UNKNOWN ? UNKNOWN : a == YES ? NO : YES;
    case G_IF:
        return a == UNKNOWN ? UNKNOWN : a == YES ? b : guess_judge(w, g->c, r, who);
    default:
        return g->what <= G_EVERYONE ? judge_person(w, g, r, who) : judge_condition(w, g, r, who);
    }
}

bool guess_sees(const struct guess_world *w, const struct guess *see, const struct guess_row *r,
                int64_t who)
{
    return guess_judge(w, see, r, who) == YES;
}
