#include "backup/claim.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/write.h"

#include <sodium.h>
#include <string.h>
#include <sys/utsname.h>

enum { KEPT_DAYS = 31 };

static const char table[] =
    "create table backup_claim(due ID, node text not null, token BLOB not null,"
    " until INT not null, made_at INT not null, entries INT not null, missing INT not null,"
    " bytes INT not null);";

err claim_open(struct arena *a, str url, bool *ret)
{
    static const struct migration list[] = {
        {.name = "backup 0001", .script = {.text = {table, sizeof(table) - 1}}}};
    struct arena life = arena_make(8u << 20);
    struct db *db;
    *ret = !str_starts(url, STR("sqlite:"));
    err e = *ret ? db_open(&life, url, (struct db_options){.writer = true}, &db) : OK;
    if (*ret && !e.code) {
        e = db_migrate(db, &life, list, 1);
    }
    e.detail = e.code ? str_copy(a, e.detail) : e.detail;
    arena_end(&life);
    return e;
}

void claim_name(struct claim *c, str data_dir)
{
    struct utsname u;
    struct arena a = arena_make(1 << 20);
    const char *machine = uname(&u) == 0 ? u.nodename : "?";
    state_text(c->node, sizeof(c->node), str_fmt(&a, "%s:%.*s", machine, STR_ARG(data_dir)));
    randombytes_buf(c->token, sizeof(c->token));
    arena_end(&a);
}

struct taking {
    struct claim *claim;
    int64_t now;
    enum claim_found found;
    struct backup_state *state;
};

static struct db_arg token(const struct claim *c)
{
    return db_blob(str_from_n((const char *)c->token, sizeof(c->token)));
}

/* What another has to do with it; CLAIM_OURS: nothing, or no longer. */
static enum claim_found look(struct taking *t, struct rows *r)
{
    struct backup_state *s = t->state;
    int64_t until = rows_i64(r, 2);
    int64_t made_at = rows_i64(r, 3);
    str mine = str_from_n((const char *)t->claim->token, CLAIM_TOKEN);
    state_text(s->by, sizeof(s->by), rows_text(r, 0));
    if (made_at > 0) {
        s->good_at = made_at;
        s->entries = rows_i64(r, 4);
        s->missing = rows_i64(r, 5);
        s->bytes = rows_i64(r, 6);
        return CLAIM_MADE;
    }
    return until > t->now && !str_eq(rows_text(r, 1), mine) ? CLAIM_AT_WORK : CLAIM_OURS;
}

static err take(void *arg, struct db *db, struct arena *a)
{
    struct taking *t = arg;
    const struct claim *c = t->claim;
    struct rows r;
    err e = db_query(db, a,
                     SQL("select node, token, until, made_at, entries, missing, bytes"
                         " from backup_claim where due = $1"),
                     ARGS(db_i64(c->due)), &r);
    t->found = !e.code && rows_next(&r) ? look(t, &r) : CLAIM_OURS;
    if (e.code || t->found != CLAIM_OURS) {
        return e;
    }
    e = db_exec(db, a, SQL("delete from backup_claim where due = $1 or due < $2"),
                ARGS(db_i64(c->due), db_i64(c->due - (int64_t)KEPT_DAYS * CLOCK_DAY)));
    return e.code ? e
                  : db_exec(db, a,
                            SQL("insert into backup_claim(due, node, token, until, made_at,"
                                " entries, missing, bytes) values ($1, $2, $3, $4, 0, 0, 0, 0)"),
                            ARGS(db_i64(c->due), db_text(str_from(c->node)), token(c),
                                 db_i64(t->now + CLAIM_MS)));
}

static void say_unwritten(err e)
{
    if (e.code) {
        struct log_line l = log_line(LOG_WARN, "backup.claim");
        log_str(&l, "error", e.detail);
        log_write(&l);
    }
}

enum claim_found claim_take(struct engine *e, struct claim *c, int64_t due, int64_t now,
                            struct backup_state *ret)
{
    struct taking t = {.claim = c, .now = now, .state = ret};
    c->due = due;
    err x = engine_write(e, take, &t);
    say_unwritten(x);
    return x.code ? CLAIM_OURS : t.found;
}

struct holding {
    const struct claim *claim;
    int64_t until;
    const struct backup_state *made; /* or NULL */
};

static err hold(void *arg, struct db *db, struct arena *a)
{
    static const struct backup_state none;
    const struct holding *h = arg;
    const struct backup_state *m = h->made ? h->made : &none;
    return db_exec(db, a,
                   SQL("update backup_claim set until = $1, made_at = $2, entries = $3,"
                       " missing = $4, bytes = $5 where due = $6 and token = $7"),
                   ARGS(db_i64(h->until), db_i64(m->good_at), db_i64(m->entries),
                        db_i64(m->missing), db_i64(m->bytes), db_i64(h->claim->due),
                        token(h->claim)));
}

void claim_keep(struct engine *e, const struct claim *c, int64_t now)
{
    struct holding h = {c, now + CLAIM_MS, NULL};
    say_unwritten(engine_write(e, hold, &h));
}

void claim_end(struct engine *e, const struct claim *c, const struct backup_state *made)
{
    struct holding h = {c, 0, made};
    say_unwritten(engine_write(e, hold, &h));
}
