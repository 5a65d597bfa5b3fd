#include "people/security.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/write.h"
#include "people/people_int.h"

#include <stdlib.h>
#include <string.h>

enum { MINUTE = CLOCK_MINUTE, PURGE_EVERY_MS = CLOCK_HOUR };

struct words security_words(enum security_kind k)
{
    switch (k) {
#define SECURITY_CASE(name, number, zh, en) \
    case SECURITY_##name:                   \
        return WORDS(zh, en);
        SECURITY_LIST(SECURITY_CASE)
#undef SECURITY_CASE
    case SECURITY_NONE:
        break;
    }
    return WORDS("其他", "Other");
}

enum security_kind security_kind_at(size_t i)
{
    static const enum security_kind all[] = {
#define SECURITY_ITEM(name, number, zh, en) SECURITY_##name,
        SECURITY_LIST(SECURITY_ITEM)
#undef SECURITY_ITEM
    };
    return i < sizeof(all) / sizeof(all[0]) ? all[i] : SECURITY_NONE;
}

/* --- writing ------------------------------------------------------------------------- */

/* A row, or more times of one: a fact for the writer. */
struct fact {
    struct writer_job job; /* first */
    int64_t id, at, until, times;
    bool fresh;
    enum security_kind kind;
    int64_t person;
    char peer[SECURITY_PEER], detail[SECURITY_DETAIL];
};

static err put_fact(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    const struct fact *f = (const struct fact *)job;
    (void)world;
    return f->fresh ? db_exec(db, a,
                              SQL("insert into security_log(id, at, until, kind, person, peer,"
                                  " detail, times) values($1, $2, $3, $4, $5, $6, $7, $8)"
                                  " on conflict do nothing"),
                              ARGS(db_i64(f->id), db_i64(f->at), db_i64(f->until), db_i64(f->kind),
                                   db_i64(f->person), db_text(str_from(f->peer)),
                                   db_text(str_from(f->detail)), db_i64(f->times)))
                    : db_exec(db, a,
                              SQL("update security_log set times = times + $2, until = $3"
                                  " where id = $1"),
                              ARGS(db_i64(f->id), db_i64(f->times), db_i64(f->until)));
}

static void fact_done(struct writer_job *job, err result)
{
    (void)result; /* lost with the database that could not take it; the program's log has it */
    free(job);
}

static void submit(struct accounts *p, const struct fact *f)
{
    struct fact *job = malloc(sizeof(*job));
    if (!job) {
        return;
    }
    *job = *f;
    job->job = (struct writer_job){.run = put_fact, .done = fact_done};
    if (engine_submit(p->engine, &job->job).code) {
        free(job);
    }
}

/* What is kept of a text: cut at a character, and well-formed. */
static void keep(char *to, size_t cap, str s)
{
    size_t n = s.len < cap ? s.len : cap - 1;
    while (n < s.len && n > 0 && ((unsigned char)s.ptr[n] & 0xc0) == 0x80) {
        n--;
    }
    if (!str_utf8_ok(str_from_n(s.ptr, n)) || (n && memchr(s.ptr, '\0', n))) {
        n = 0;
    }
    if (n) {
        memcpy(to, s.ptr, n);
    }
    to[n] = '\0';
}

/* --- noting ---------------------------------------------------------------------------- */

static uint64_t key_of(const struct security_event *e)
{
    uint64_t k = (uint64_t)e->kind * 1000003u + (uint64_t)e->person;
    k = k * 31 + str_hash(network_of(e->peer));
    k = k * 31 + str_hash(e->detail);
    return k ? k : 1;
}

/* The counts of a slot as a fact, when there are any; the slot keeps its row. */
static bool take_counts(struct noted *s, struct fact *ret)
{
    if (!s->more) {
        return false;
    }
    *ret = (struct fact){.id = s->id, .until = s->last, .times = s->more};
    s->more = 0;
    return true;
}

/* Under the lock: the slot of this key within its minute, or one for a new row. */
static struct noted *find_slot(struct security *s, uint64_t key, int64_t now, bool *ret_known)
{
    struct noted *oldest = NULL;
    for (uint64_t i = 0; i < 8; i++) {
        struct noted *n = &s->slots[(key + i) % SECURITY_SLOTS];
        if (n->key == key && now - n->began < MINUTE && now >= n->began) {
            *ret_known = true;
            return n;
        }
        if (!oldest || n->began < oldest->began) {
            oldest = n;
        }
    }
    *ret_known = false;
    return oldest;
}

/* Under the lock: may one more row be written in this minute? */
static bool room(struct security *s, int64_t now)
{
    if (now - s->minute >= MINUTE || now < s->minute) {
        s->minute = now;
        s->rows = 0;
    }
    return s->rows++ < SECURITY_ROWS_MINUTE;
}

static void tell(const struct security_event *e)
{
    struct log_line l = log_line(LOG_WARN, "security");
    log_str(&l, "kind", security_words(e->kind).en);
    log_i64(&l, "person", e->person);
    log_str(&l, "peer", e->peer);
    log_str(&l, "detail", e->detail);
    log_write(&l);
}

void security_note(struct accounts *p, int64_t now, const struct security_event *e)
{
    struct security_event ev = *e;
    struct security *s = &p->security;
    struct fact old = {0};
    struct fact fresh = {0};
    bool known = false;
    pthread_mutex_lock(&s->lock);
    struct noted *n = find_slot(s, key_of(&ev), now, &known);
    if (!known && !room(s, now)) { /* what is beyond is counted in a row of its own */
        ev = (struct security_event){.kind = SECURITY_MORE};
        n = find_slot(s, key_of(&ev), now, &known);
    }
    bool counts = false;
    if (known) {
        n->more++;
        n->last = now;
    } else {
        counts = take_counts(n, &old);
        *n = (struct noted){.key = key_of(&ev), .began = now, .last = now};
        n->id = uid_next(&s->ids, now);
        fresh = (struct fact){.fresh = true,
                              .id = n->id,
                              .at = now,
                              .until = now,
                              .times = 1,
                              .kind = ev.kind,
                              .person = ev.person};
    }
    pthread_mutex_unlock(&s->lock);
    if (counts) {
        submit(p, &old);
    }
    if (fresh.fresh) {
        keep(fresh.peer, sizeof(fresh.peer), ev.peer);
        keep(fresh.detail, sizeof(fresh.detail), ev.detail);
        submit(p, &fresh);
        tell(&ev);
    }
}

/* --- now and then ------------------------------------------------------------------------ */

struct purge {
    int64_t before;
};

static err put_purge(void *arg, struct db *db, struct arena *a)
{
    const struct purge *x = arg;
    struct batch *b = batch_begin(db, a);
    batch_add(b, SQL("delete from security_log where at < $1"), ARGS(db_i64(x->before)));
    batch_add(b,
              SQL("delete from security_log where id <= (select id from security_log"
                  " order by id desc limit 1 offset $1)"),
              ARGS(db_i64(SECURITY_ROWS_MAX)));
    return batch_run(b);
}

void security_keep(struct accounts *p, int64_t days)
{
    p->security.days = days;
}

void security_turn(struct accounts *p, int64_t now, bool last)
{
    struct security *s = &p->security;
    for (size_t i = 0; i < SECURITY_SLOTS; i++) {
        struct fact f;
        struct noted *n = &s->slots[i];
        pthread_mutex_lock(&s->lock);
        bool over = last || now - n->began >= MINUTE || now < n->began;
        bool counts = over && take_counts(n, &f);
        pthread_mutex_unlock(&s->lock);
        if (counts) {
            submit(p, &f);
        }
    }
    pthread_mutex_lock(&s->lock);
    bool due = !last && (now - s->purged >= PURGE_EVERY_MS || now < s->purged);
    s->purged = due ? now : s->purged;
    pthread_mutex_unlock(&s->lock);
    if (due) {
        int64_t days = s->days > 0 ? s->days : SECURITY_DAYS;
        struct purge x = {now - days * CLOCK_DAY};
        err e = engine_write(p->engine, put_purge, &x);
        (void)e; /* tried again in an hour */
    }
}

/* --- reading ------------------------------------------------------------------------------ */

err security_list(struct db *db, struct arena *a, const struct security_filter *f,
                  struct security_row **ret, size_t *n)
{
    struct rows r;
    err e = db_query(
        db, a,
        SQL("select l.id, l.at, l.until, l.kind, l.person, l.times, c.login, l.peer, l.detail"
            " from security_log l left join account c on c.person = l.person"
            " where l.id < $1 and ($2 = 0 or l.kind = $2) and ($3 = '' or c.login = $3)"
            " and ($4 = '' or l.peer = $4) and l.at >= $5 and l.at < $6"
            " order by l.id desc limit $7"),
        ARGS(db_i64(f->before ? f->before : INT64_MAX), db_i64(f->kind), db_text(f->login),
             db_text(f->peer), db_i64(f->from), db_i64(f->to ? f->to : INT64_MAX),
             db_i64(f->limit)),
        &r);
    if (e.code) {
        return e;
    }
    struct security_row *list = arena_array(a, struct security_row, (size_t)rows_count(&r) + 1);
    size_t i = 0;
    while (rows_next(&r)) {
        list[i++] = (struct security_row){.id = rows_i64(&r, 0),
                                          .at = rows_i64(&r, 1),
                                          .until = rows_i64(&r, 2),
                                          .kind = (enum security_kind)rows_i64(&r, 3),
                                          .person = rows_i64(&r, 4),
                                          .times = rows_i64(&r, 5),
                                          .login = rows_text(&r, 6),
                                          .peer = rows_text(&r, 7),
                                          .detail = rows_text(&r, 8)};
    }
    *ret = list;
    *n = i;
    return OK;
}
