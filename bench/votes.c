#include "votes.h"

#include "store/db.h"

#include <stdlib.h>

enum { CONNS = 64, JUDGES = 2, KEPT_PER_CENT = 5 };

struct seat {
    int64_t wish, id;
    str hash;
};

struct voting {
    const struct votes *v;
    struct arena life; /* of one round */
    int64_t judges[JUDGES], newest;
    struct seat *seats[JUDGES];     /* by wish; of the second from the middle on */
    int64_t n, until, next[JUDGES]; /* `until`: seats of each that may be asked for in this part */
    struct bench_session long_, short_;
};

/* --- the requests ---------------------------------------------------------------------- */

static size_t make_wish(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct voting *g = arg;
    (void)n;
    return ask_wish(g->v->ask, &g->v->ask->staff[conn % ASK_SESSIONS], g->judges[0], g->judges[1],
                    to, cap);
}

/* The service desk's sessions are the judges' in turn. */
static size_t make_vote(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct voting *g = arg;
    int who = conn % JUDGES;
    (void)n;
    if (g->next[who] >= g->until) { /* one judge's connections were quicker: the other's seats */
        conn ^= 1;
        who = conn % JUDGES;
    }
    int64_t at = g->next[who] < g->until ? g->next[who]++ : g->until - 1;
    const struct seat *s = &g->seats[who][at];
    return ask_yes(g->v->ask, &g->v->ask->desk[conn % ASK_SESSIONS], s->wish, s->id, s->hash, to,
                   cap);
}

static size_t make_long(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct voting *g = arg;
    (void)conn;
    (void)n;
    return ask_get(&g->long_, STR("/inbox"), to, cap);
}

static size_t make_short(void *arg, int conn, int64_t n, char *to, size_t cap)
{
    struct voting *g = arg;
    (void)conn;
    (void)n;
    return ask_get(&g->short_, STR("/inbox"), to, cap);
}

/* --- who sits where --------------------------------------------------------------------- */

static err open_data(struct voting *g, struct db **ret)
{
    return db_open(&g->life, str_fmt(&g->life, "sqlite:%.*s/zhidu.db", STR_ARG(g->v->data)),
                   (struct db_options){0}, ret);
}

static err find_judges(struct voting *g)
{
    static const char *const logins[JUDGES] = {"zheng.shuang", "wu.tao"}; /* as ask_sign_in */
    struct db *db;
    err e = open_data(g, &db);
    for (int i = 0; !e.code && i < JUDGES; i++) {
        struct rows r;
        e = db_query(db, &g->life, SQL("select id from r_person where f_login = $1"),
                     ARGS(db_text(str_from(logins[i]))), &r);
        if (!e.code && !rows_next(&r)) {
            e = err_make(ERR_NOT_FOUND, str_from(logins[i]));
        }
        g->judges[i] = e.code ? 0 : rows_i64(&r, 0);
    }
    struct rows r;
    e = e.code
            ? e
            : db_query(db, &g->life, SQL("select coalesce(max(id), 0) from r_wish"), NO_ARGS, &r);
    g->newest = !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
    arena_reset(&g->life);
    return e;
}

/* The seats of the wishes since the last round. */
static err find_seats(struct voting *g)
{
    struct db *db;
    err e = open_data(g, &db);
    int64_t n = 0;
    for (int i = 0; !e.code && i < JUDGES; i++) {
        struct batch *b = batch_begin(db, &g->life);
        int at = batch_add(
            b,
            SQL("select s.record, s.id, w.hash from approval_seat s join approval_round w"
                " on w.approval = s.approval where s.actor = $1 and s.record > $2 and s.state = 1"
                " order by s.record"),
            ARGS(db_i64(g->judges[i]), db_i64(g->newest)));
        batch_max_rows(b, at, 1 << 20);
        e = batch_run(b);
        if (e.code) {
            break;
        }
        struct rows r = batch_rows(b, at);
        n = rows_count(&r);
        g->seats[i] = arena_array(&g->life, struct seat, (size_t)n + 1);
        for (int64_t k = 0; rows_next(&r); k++) { /* the second begins in the middle */
            int64_t to = i ? (k + n / 2) % n : k;
            g->seats[i][to] = (struct seat){rows_i64(&r, 0), rows_i64(&r, 1),
                                            str_copy(&g->life, rows_text(&r, 2))};
        }
    }
    g->n = n;
    g->next[0] = g->next[1] = 0;
    return e.code || n > 100 ? e : err_make(ERR_LIMIT, STR("too few wishes were asked"));
}

/* --- measuring ---------------------------------------------------------------------------- */

static err run(struct voting *g, const char *name, struct load l, struct load_result *ret)
{
    l.port = g->v->port;
    l.pid = g->v->pid;
    l.arg = g;
    if (!load_run(&l, ret)) {
        return err_make(ERR_STORE, str_from(name));
    }
    if (!ret->failed) {
        return OK;
    }
    fprintf(stderr, "bench: %s: %lld of %lld answers were not %d but %d\n", name,
            (long long)ret->failed, (long long)ret->done, l.expect, ret->failed_status);
    return err_make(ERR_STORE, str_from(name));
}

static void print_line(const char *name, const struct load_result *r, const char *tail,
                       double ratio)
{
    printf("%-22s %9.0f %9.2f %9.2f %9.1f %9zu |", name, r->per_s, r->p50_us / 1000,
           r->p99_us / 1000, r->cpu_us, r->body);
    if (tail) {
        printf(" %.2f %s", ratio, tail);
    }
    printf("\n");
    fflush(stdout);
}

struct votes_round {
    struct load_result create, undecided, deciding;
};

static err one_round(struct voting *g, struct votes_round *ret)
{
    err e = find_judges(g);
    struct load create = {
        .conns = CONNS, .seconds = g->v->seconds, .expect = 303, .make = make_wish};
    e = e.code ? e : run(g, "wish", create, &ret->create);
    e = e.code ? e : find_seats(g);
    if (e.code) {
        return e;
    }
    struct load vote = {.conns = CONNS, .expect = 303, .make = make_vote};
    int64_t half = g->n / 2;
    vote.count = JUDGES * (half - half * KEPT_PER_CENT / 100);
    g->until = half; /* what is behind is the other's to begin with */
    e = run(g, "vote", vote, &ret->undecided);
    g->next[0] = g->next[1] = half;
    g->until = g->n;
    e = e.code ? e : run(g, "deciding vote", vote, &ret->deciding);
    arena_reset(&g->life);
    return e;
}

static int by_rate(const void *a, const void *b)
{
    const struct votes_round *x = a, *y = b;
    double p = x->undecided.per_s / x->create.per_s, q = y->undecided.per_s / y->create.per_s;
    return (p > q) - (p < q);
}

static err votes_lines(struct voting *g)
{
    enum { ROUNDS = 15 };
    struct votes_round rounds[ROUNDS];
    int n = g->v->rounds < 1 ? 1 : g->v->rounds > ROUNDS ? ROUNDS : g->v->rounds;
    err e = one_round(g, &rounds[0]); /* warming up */
    for (int i = 0; !e.code && i < n; i++) {
        e = one_round(g, &rounds[i]);
    }
    if (e.code) {
        return e;
    }
    qsort(rounds, (size_t)n, sizeof(rounds[0]), by_rate);
    const struct votes_round *r = &rounds[n / 2];
    print_line("wish with an approval", &r->create, NULL, 0);
    print_line("vote", &r->undecided, "of the rate of its creates",
               r->undecided.per_s / r->create.per_s);
    print_line("deciding vote", &r->deciding, "of it, with the action that follows",
               r->deciding.per_s / r->create.per_s);
    return OK;
}

static err inbox_lines(struct voting *g)
{
    struct load_result few, many;
    struct load l = {.conns = 1, .seconds = g->v->seconds, .expect = 200};
    if (!ask_sign_in_one(g->v->ask, VOTES_LONG_OF, &g->long_) ||
        !ask_sign_in_one(g->v->ask, VOTES_SHORT_OF, &g->short_)) {
        return err_make(ERR_DENIED, STR("signing in"));
    }
    l.make = make_short;
    err e = run(g, "inbox", l, &few); /* warming up */
    e = e.code ? e : run(g, "inbox", l, &few);
    l.make = make_long;
    e = e.code ? e : run(g, "inbox", l, &many);
    if (!e.code) {
        print_line("inbox of 10", &few, NULL, 0);
        print_line("inbox of 10,000", &many, "times as long", many.p50_us / few.p50_us);
    }
    return e;
}

err votes_measure(const struct votes *v)
{
    struct voting g = {.v = v, .life = arena_make(1u << 30)};
    err e = votes_lines(&g);
    e = e.code ? e : inbox_lines(&g);
    arena_end(&g.life);
    return e;
}
