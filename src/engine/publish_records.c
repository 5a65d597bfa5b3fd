#include "engine/publish_records.h"

#include "base/log.h"
#include "engine/engine_int.h"
#include "engine/scenario.h"
#include "engine/write.h"

#define OWED "records:"

static bool is_owed(const struct source *s)
{
    return s->version == 1 && s->records.len > 0;
}

err publish_records_owe(struct db *db, struct arena *a, const struct sources *s)
{
    err x = OK;
    for (size_t i = 0; !x.code && i < s->len; i++) {
        if (is_owed(&s->ptr[i])) {
            x = db_exec(db, a, SQL("insert into installation(key, value) values ($1, '')"),
                        ARGS(db_text(str_fmt(a, OWED "%.*s", STR_ARG(s->ptr[i].name)))));
        }
    }
    return x;
}

static err settle(void *arg, struct db *db, struct arena *a)
{
    const str *name = arg;
    return db_exec(db, a, SQL("delete from installation where key = $1"),
                   ARGS(db_text(str_fmt(a, OWED "%.*s", STR_ARG(*name)))));
}

static err bring(struct engine *e, struct arena *a, str name, str text, str file, struct diags *d)
{
    enum { NAME_MOST = 28 };
    str key = str_fmt(a, OWED "%.*s", name.len < NAME_MOST ? (int)name.len : NAME_MOST, name.ptr);
    err x = scenario_records_once(e, a, text, file, key, d);
    return x.code ? x : engine_write(e, settle, &name);
}

err publish_records_bring(struct engine *e, struct arena *a, const struct sources *s,
                          struct diags *d)
{
    err x = OK;
    for (size_t i = 0; !x.code && i < s->len; i++) {
        const struct source *of = &s->ptr[i];
        if (is_owed(of)) {
            str file = str_fmt(a, "%.*s/records.yaml", STR_ARG(of->folder));
            x = bring(e, a, of->name, of->records, file, d);
        }
    }
    return x;
}

static void log_resumed(str name, const struct diags *d, err x)
{
    bool bad = x.code || d->errors;
    struct log_line l = log_line(bad ? LOG_ERROR : LOG_INFO, "publish.records");
    log_str(&l, "regulation", name);
    log_i64(&l, "mistakes", (int64_t)d->errors);
    if (x.code) {
        log_str(&l, "error", x.detail);
    }
    log_write(&l);
}

void publish_records_resume(struct engine *e)
{
    struct arena a = arena_make(256u << 20);
    struct db *db;
    struct rows r;
    err x = engine_reader(e, &a, &db);
    x = x.code ? x
               : db_query(db, &a,
                          SQL("select l.reg, l.records from installation i join law l"
                              " on i.key = '" OWED "' || l.reg and l.version = 1 order by l.epoch"),
                          NO_ARGS, &r);
    while (!x.code && rows_next(&r)) {
        struct diags d = diags_make(&a);
        str name = rows_text(&r, 0);
        str file = str_fmt(&a, "%.*s/records.yaml", STR_ARG(name));
        log_resumed(name, &d, bring(e, &a, name, rows_text(&r, 1), file, &d));
    }
    arena_end(&a);
}
