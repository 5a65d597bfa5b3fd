#include "store/db_pg_int.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

/* Types of PostgreSQL's catalogue (pg_type.oid), fixed for ever. */
enum { OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25 };

/* Nothing here allocates in an arena that may jump: a jump must not leave half
 * a batch queued. */

static void sent(struct pg *p, enum pg_kind kind, int16_t index)
{
    assert(p->nitems < PG_ITEMS);
    p->items[p->nitems++] = (struct pg_item){.kind = kind, .index = index};
}

/* libpq takes everything but on a connection beyond use. */
static void took(struct pg *p, int ok)
{
    if (!ok) {
        p->send_ok = false;
        p->lost = true;
    }
}

void pg_send_text(struct pg *p, const char *text, enum pg_kind kind, int16_t index)
{
    sent(p, kind, index);
    took(p, PQsendQueryParams(p->c, text, 0, NULL, NULL, NULL, NULL, 0));
}

static void pg_drop(void *arg, struct cache_entry *e)
{
    struct pg *p = arg;
    char text[48];
    snprintf(text, sizeof(text), "deallocate s%u", (unsigned)e->id);
    pg_send_text(p, text, PG_QUIET, 0);
}

static uint64_t types_of(const struct batch_stmt *s)
{
    uint64_t h = s->nargs ? 0xcbf29ce484222325u : 0;
    for (int i = 0; i < s->nargs; i++) {
        h = (h ^ (uint64_t)(s->args[i].type + 1)) * 0x100000001b3u;
    }
    return h;
}

static void fill_params(struct pg *p, const struct batch_stmt *s)
{
    for (int i = 0; i < s->nargs; i++) {
        const struct db_arg *arg = &s->args[i];
        if (arg->type == DB_ARG_I64) {
            p->numbers[i] = htobe64((uint64_t)arg->i64);
            p->types[i] = OID_INT8;
            p->values[i] = (const char *)&p->numbers[i];
            p->lengths[i] = sizeof(p->numbers[i]);
        } else {
            p->types[i] = arg->type == DB_ARG_TEXT ? OID_TEXT : OID_BYTEA;
            p->values[i] = arg->text.ptr ? arg->text.ptr : "";
            p->lengths[i] = (int)arg->text.len;
        }
        p->formats[i] = 1;
        if (arg->null) {
            p->values[i] = NULL;
        }
    }
}

/* The text ends in NUL, as libpq wants it, and lives as long as the entry. */
static bool keep_text(struct pg *p, str text, str *ret)
{
    char *copy = arena_try(&p->texts, text.len + 1, 1, 1);
    if (!copy) {
        p->send_ok = false;
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    *ret = str_from_n(copy, text.len);
    return true;
}

static bool only_reads(str text)
{
    str t = str_trim(text);
    if (str_starts(t, STR("select")) || str_starts(t, STR("values"))) {
        return true;
    }
    return str_starts(t, STR("with")) && !str_has(t, STR("insert ")) &&
           !str_has(t, STR("update ")) && !str_has(t, STR("delete "));
}

static struct cache_entry *send_prepare(struct pg *p, struct sql sql, uint64_t types, int nargs)
{
    struct cache_entry *e = cache_take(&p->db.cache, pg_drop, p);
    str text;
    if (!keep_text(p, sql.text, &text)) {
        return NULL;
    }
    e->text = text;
    e->hash = sql.hash ? sql.hash : sql_hash(text);
    e->types = types;
    e->id = ++p->last_id;
    e->reads = only_reads(text);
    cache_put(&p->db.cache, e);
    p->db.counts.prepared++;
    char name[16];
    snprintf(name, sizeof(name), "s%u", (unsigned)e->id);
    sent(p, PG_PREPARE, (int16_t)(e - p->db.cache.entries));
    took(p, PQsendPrepare(p->c, name, text.ptr, nargs, p->types));
    return e;
}

void pg_send_stmt(struct pg *p, struct batch_stmt *s, enum pg_kind kind, int16_t index)
{
    fill_params(p, s);
    if (s->once) {
        /* A copy for its NUL; it goes with the next clearing of the texts. */
        str text;
        if (keep_text(p, s->sql.text, &text)) {
            pg_send_text(p, text.ptr, kind, index);
        }
        return;
    }
    uint64_t types = types_of(s);
    struct cache_entry *e = cache_find(&p->db.cache, s->sql, types);
    if (!e) {
        e = send_prepare(p, s->sql, types, s->nargs);
    }
    if (!e) {
        return;
    }
    char name[16];
    snprintf(name, sizeof(name), "s%u", (unsigned)e->id);
    sent(p, kind, index);
    p->items[p->nitems - 1].reads = e->reads;
    took(p, PQsendQueryPrepared(p->c, name, s->nargs, p->values, p->lengths, p->formats, 0));
}

const char *pg_step_text(const struct db *db, enum db_step step)
{
    if (db->scratch && (step == STEP_BEGIN_READ || step == STEP_BEGIN_WRITE)) {
        return "savepoint w";
    }
    switch (step) {
    case STEP_BEGIN_READ:
        return "begin isolation level repeatable read, read only";
    case STEP_BEGIN_WRITE:
        return "begin isolation level read committed, read write";
    case STEP_SAVEPOINT:
        return "savepoint s";
    case STEP_RELEASE:
        break;
    }
    return "release s";
}

/* A failure like the real one, right before the statement that shall meet it. */
void pg_send_fault(struct pg *p, int16_t index)
{
    const char *text = NULL;
    switch (p->db.fault) {
    case DB_FAULT_NONE:
        return;
    case DB_FAULT_INTERRUPT:
        /* The error that follows takes the setting back. */
        pg_send_text(p, "set statement_timeout = 1", PG_QUIET, index);
        text = "select pg_sleep(5)";
        break;
    case DB_FAULT_FULL:
        text = "do $$ begin raise exception 'disk full' using errcode = '53100'; end $$";
        break;
    case DB_FAULT_IO:
        text = "do $$ begin raise exception 'I/O error' using errcode = '58030'; end $$";
        break;
    case DB_FAULT_LOST:
        text = "select pg_terminate_backend(pg_backend_pid()), pg_sleep(5)";
        break;
    }
    p->db.fault = DB_FAULT_NONE;
    pg_send_text(p, text, PG_QUIET, index);
}

bool pg_send_sync(struct pg *p)
{
    if (!p->lost) {
        p->unread = true;
        took(p, PQpipelineSync(p->c) && PQflush(p->c) >= 0);
    }
    return p->send_ok;
}

void pg_send_forget(struct pg *p)
{
    if (!p->forget) {
        return;
    }
    p->forget = false;
    while (p->db.cache.newest != CACHE_NONE) {
        cache_remove(&p->db.cache, &p->db.cache.entries[p->db.cache.newest]);
    }
    arena_reset(&p->texts);
    pg_send_text(p, "deallocate all", PG_QUIET, 0);
}
