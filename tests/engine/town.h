/* town.h - an installation with the small regulations of tests/engine/law (a
 * nursery and its tools), which publication tests revise by replacing words. */
#ifndef TESTS_ENGINE_TOWN_H
#define TESTS_ENGINE_TOWN_H

#include "base/buf.h"
#include "engine/inst.h"
#include "engine/publish.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct town {
    struct inst in; /* t, e, db */
    struct sources folders;
    int64_t now;
};

static _Atomic int64_t town_now = INST_NOW; /* the writer looks at it, too */

static inline int64_t town_clock(void *arg)
{
    (void)arg;
    return town_now;
}

static inline void town_folders(struct town *w)
{
    static const char *const names[] = {"garden", "tools"};
    struct arena *a = w->in.t->a;
    w->folders.ptr = arena_array(a, struct source, 2);
    w->folders.len = 2;
    for (size_t i = 0; i < 2; i++) {
        char path[3][80];
        snprintf(path[0], sizeof(path[0]), "tests/engine/law/%s.md", names[i]);
        snprintf(path[1], sizeof(path[1]), "tests/engine/law/%s.en.md", names[i]);
        snprintf(path[2], sizeof(path[2]), "tests/engine/law/%s.yaml", names[i]);
        w->folders.ptr[i] = (struct source){.name = str_from(names[i]),
                                            .folder = str_from(names[i]),
                                            .text_zh = inst_file(a, path[0]),
                                            .text_en = inst_file(a, path[1]),
                                            .definition = inst_file(a, path[2]),
                                            .version = 1,
                                            .epoch = 1};
    }
}

static inline struct engine_options town_options(struct dbs *t)
{
    return (struct engine_options){.url = t->url, .db = t->options, .clock = town_clock};
}

static inline struct town town_make(struct dbs *t)
{
    struct town w = {.in = {.t = t}};
    struct diags d = diags_make(t->a);
    struct engine_options opt = town_options(t);
    town_now = INST_NOW;
    town_folders(&w);
    err e = t->which == DBS_MEMORY ? engine_open_memory(t->life, &w.folders, &opt, &d, &w.in.e)
                                   : engine_init(t->life, &opt, &w.folders, &d, &w.in.e);
    inst_no_diags(t, &d);
    dbs_ok(e);
    dbs_ok(engine_reader(w.in.e, t->life, &w.in.db));
    return w;
}

/* Words of a folder's definition replaced, wherever they stand. */
static inline void town_revise(struct town *w, size_t folder, const char *was, const char *is)
{
    struct source *s = &w->folders.ptr[folder];
    str old = str_from(was);
    struct buf b = buf_make(w->in.t->a, 1 << 20);
    bool found = false;
    for (size_t i = 0; i < s->definition.len;) {
        str rest = str_from_n(s->definition.ptr + i, s->definition.len - i);
        if (str_starts(rest, old)) {
            buf_put(&b, str_from(is));
            i += old.len;
            found = true;
        } else {
            buf_put_c(&b, rest.ptr[0]);
            i++;
        }
    }
    if (!found) {
        fail_msg("not in the definition: %s", was);
    }
    s->definition = buf_str(&b);
}

static inline err town_plan(struct town *w, struct publication *p, struct diags *d)
{
    *d = diags_make(w->in.t->a);
    return publish_plan(w->in.e, w->in.t->a, &w->folders, d, p);
}

static inline err town_publish(struct town *w, struct publication *p)
{
    struct diags d = diags_make(w->in.t->a);
    return publish(w->in.e, w->in.t->a, p, 0, town_now, &d);
}

static inline struct publication town_put(struct town *w)
{
    struct publication p;
    struct diags d;
    err e = town_plan(w, &p, &d);
    inst_no_diags(w->in.t, &d);
    dbs_ok(e);
    assert_false(p.changes.refused);
    dbs_ok(town_publish(w, &p));
    return p;
}

/* "field=text" ... up to three; a record is given by its id. */
static inline err town_act(struct town *w, const char *type, int64_t record, const char *action,
                           const char *const *values, int64_t *ret)
{
    struct arena a = arena_make(16 << 20);
    struct value_in in[4];
    size_t n = 0;
    for (; values && values[n]; n++) {
        str text;
        str field = str_cut(str_from(values[n]), '=', &text);
        in[n] = (struct value_in){.field = field, .text = text};
    }
    struct act act = {.arena = &a,
                      .now = town_now,
                      .lang = LANG_ZH,
                      .type = str_from(type),
                      .record = record,
                      .action = str_from(action),
                      .values = in,
                      .nvalues = n};
    err e = act_call(w->in.e, &act);
    if (ret) {
        *ret = act.ret_record;
    }
    e.detail = str_copy(w->in.t->a, e.detail);
    e.why = NULL;
    arena_end(&a);
    return e;
}
#define VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline int64_t town_new(struct town *w, const char *type, const char *action,
                               const char *const *values)
{
    int64_t id = 0;
    dbs_ok(town_act(w, type, 0, action, values, &id));
    return id;
}

static inline void town_do(struct town *w, const char *type, int64_t record, const char *action)
{
    dbs_ok(town_act(w, type, record, action, NULL, NULL));
}

static inline bool town_has(const struct changes *c, enum change_kind kind, const char *name)
{
    for (size_t i = 0; i < c->len; i++) {
        if (c->ptr[i].kind == kind && str_eq(c->ptr[i].name, str_from(name))) {
            return true;
        }
    }
    return false;
}

static inline str town_state(struct town *w, const char *type, int64_t id)
{
    const struct model *m = engine_model(w->in.e);
    const struct type *t = model_type(m, str_from(type));
    struct sqlb b = sqlb_make(w->in.t->a);
    SQLB_LIT(&b, "select state from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where id = $1");
    const struct state *s = type_state(t, inst_i64(&w->in, sqlb_end(&b), ARGS(db_i64(id))));
    str key = str_copy(w->in.t->a, s->key);
    engine_release(w->in.e, m);
    return key;
}

#define CHECK_STATE(w, type, id, key)                                       \
    do {                                                                    \
        str now_ = town_state(w, type, id);                                 \
        if (!str_eq(now_, STR(key))) {                                      \
            fail_msg("%s is in state %.*s, not " key, type, STR_ARG(now_)); \
        }                                                                   \
    } while (0)

#endif
