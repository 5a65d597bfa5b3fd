#include "cli/look.h"

#include "base/clock.h"
#include "engine/post.h"
#include "page/frame.h"
#include "page/page.h"

#include "web/alone.h"

#include <sodium.h>

enum {
    ROUNDS = 5,         /* records of each type, one a round: so time is shared among types */
    MOST_US = 10000000, /* then no further record is begun */
    PEOPLE_MAX = 40,    /* asked whether they may see it */
    ADMINISTRATORS_MAX = 3,
    ACCOUNTS_MAX = 20
};

struct looking {
    struct look *to;
    struct arena *a; /* of the words */
    struct engine *engine;
    struct alone *pages;
    struct db *db;
    int64_t until_us;
};

struct viewers {
    int64_t ids[PEOPLE_MAX];
    int n;
};

static void put_person(struct viewers *p, int64_t id)
{
    for (int i = 0; i < p->n; i++) {
        if (p->ids[i] == id) {
            return;
        }
    }
    if (id && p->n < PEOPLE_MAX) {
        p->ids[p->n++] = id;
    }
}

/* --- who may see it ---------------------------------------------------------------------- */

static err put_rows(struct looking *k, struct arena *a, struct sql sql, struct db_args args,
                    struct viewers *p)
{
    struct rows r;
    err e = db_query(k->db, a, sql, args, &r);
    while (!e.code && rows_next(&r)) {
        put_person(p, rows_i64(&r, 0));
    }
    return e;
}

static err put_administrators(struct looking *k, const struct ctx *ctx, struct viewers *p)
{
    struct viewers posts = {0};
    err e = put_rows(k, ctx->arena,
                     SQL("select person from account where disabled = 0 order by person limit $1"),
                     ARGS(db_i64(PEOPLE_MAX)), &posts);
    for (int i = 0; !e.code && i < posts.n && p->n < ADMINISTRATORS_MAX; i++) {
        struct ctx as = *ctx;
        bool held = false;
        as.actor = posts.ids[i];
        e = post_held(&as, POSITION_ADMINISTRATOR, &held);
        put_person(p, held ? posts.ids[i] : 0);
    }
    return e;
}

/* Who made it, and the people in its fields. */
static err put_named(struct looking *k, struct arena *a, const struct type *t, int64_t id,
                     struct viewers *p)
{
    struct rows r;
    struct sqlb b = sqlb_make(a);
    int columns = 1;
    SQLB_LIT(&b, "select \"creator\"");
    for (size_t i = 0; i < t->newest->nfields && columns < PEOPLE_MAX; i++) {
        const struct field *f = &t->newest->fields[i];
        if (f->type == F_PERSON && f->column.len) {
            SQLB_LIT(&b, ", ");
            sqlb_ident(&b, f->column);
            columns++;
        }
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where \"id\" = $1");
    err e = db_query(k->db, a, sqlb_end(&b), ARGS(db_i64(id)), &r);
    if (!e.code && rows_next(&r)) {
        for (int i = 0; i < columns; i++) {
            put_person(p, rows_i64(&r, i));
        }
    }
    return e;
}

/* In the order in which they are asked; the record itself, when a record is a person. */
static err who_may(struct looking *k, const struct ctx *ctx, const struct type *t, int64_t id,
                   struct viewers *ret)
{
    err e = put_administrators(k, ctx, ret);
    e = e.code ? e : put_named(k, ctx->arena, t, id, ret);
    put_person(ret, t == ctx->model->person ? id : 0);
    return e.code ? e
                  : put_rows(k, ctx->arena,
                             SQL("select person from account where disabled = 0"
                                 " order by person desc limit $1"),
                             ARGS(db_i64(ACCOUNTS_MAX)), ret);
}

/* --- one record --------------------------------------------------------------------------- */

/* Any of them, by its place in time; 0: there is none. */
static err draw(struct looking *k, struct arena *a, const struct type *t, int64_t *ret)
{
    struct rows r;
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select min(\"id\"), max(\"id\") from ");
    sqlb_ident(&b, t->table);
    *ret = 0;
    err e = db_query(k->db, a, sqlb_end(&b), NO_ARGS, &r);
    if (e.code || !rows_next(&r) || rows_null(&r, 0)) {
        return e;
    }
    uint64_t random;
    randombytes_buf(&random, sizeof(random));
    int64_t first = rows_i64(&r, 0);
    uint64_t span = (uint64_t)(rows_i64(&r, 1) - first) + 1;
    b = sqlb_make(a);
    SQLB_LIT(&b, "select \"id\" from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where \"id\" >= $1 order by \"id\" limit 1");
    e = db_query(k->db, a, sqlb_end(&b), ARGS(db_i64(first + (int64_t)(random % span))), &r);
    *ret = !e.code && rows_next(&r) ? rows_i64(&r, 0) : 0;
    return e;
}

static err cannot(struct looking *k, const struct type *t, str path, err why)
{
    struct words title = t->newest->title;
    struct words what = err_words(why.code);
    return cli_refuse(
        k->a, ERR_CONFLICT,
        (struct words){str_fmt(k->a, "升级后的副本中，“%.*s”的页面 %.*s 不能显示：%.*s（%.*s）",
                               STR_ARG(title.zh), STR_ARG(path), STR_ARG(what.zh),
                               STR_ARG(why.detail)),
                       str_fmt(k->a,
                               "In the upgraded copy a page of %.*s, %.*s, cannot be shown: %.*s"
                               " (%.*s)",
                               STR_ARG(words_in(title, LANG_EN)), STR_ARG(path), STR_ARG(what.en),
                               STR_ARG(why.detail))},
        WORDS("数据没有改动：仍可用原来的版本运行。在那里打开同一地址：打得开是新程序的错误，"
              "请把这句话报告给维护者；打不开则数据已损坏，请恢复备份。",
              "Nothing was changed: the former version still runs.  Open the same address there:"
              " if it opens, this program is wrong, report this sentence to its makers; if it"
              " does not, the data are damaged, restore a backup."));
}

/* ERR_NOT_FOUND: not for this person. */
static err page(struct looking *k, const struct ctx *ctx, int64_t person, str path)
{
    size_t bytes = 0;
    struct alone_asks asks = {.person = person,
                              .now = ctx->now,
                              .lang = k->to->pages % 2 ? LANG_EN : LANG_ZH,
                              .path = path};
    err e = alone_get(k->pages, k->a, &asks, &bytes);
    k->to->pages += !e.code;
    return !e.code && !bytes ? err_make(ERR_STORE, STR("an empty page")) : e;
}

/* *ret_shown: somebody may see it, and did. */
static err show(struct looking *k, const struct ctx *ctx, const struct type *t, int64_t id,
                bool list, bool *ret_shown)
{
    struct viewers who = {0};
    str path = str_fmt(k->a, "/r/%.*s/%lld", STR_ARG(t->key), (long long)id);
    err e = who_may(k, ctx, t, id, &who);
    *ret_shown = false;
    for (int i = 0; !e.code && !*ret_shown && i < who.n; i++) {
        e = page(k, ctx, who.ids[i], path);
        *ret_shown = !e.code;
        if (!e.code && list) {
            path = str_fmt(k->a, "/r/%.*s", STR_ARG(t->key));
            e = page(k, ctx, who.ids[i], path);
        } else if (e.code == ERR_NOT_FOUND) {
            e = OK;
        }
    }
    return e.code ? cannot(k, t, path, e) : OK;
}

static err look_at(struct looking *k, const struct model *m, const struct type *t, bool *listed)
{
    struct arena work = arena_make(8 << 20);
    struct ctx ctx = ctx_make(k->engine, m, k->db, &work, engine_now(k->engine), 0, LANG_ZH);
    int64_t id = 0;
    bool shown = false;
    err e = draw(k, &work, t, &id);
    if (!e.code && id) {
        e = show(k, &ctx, t, id, !*listed, &shown);
        k->to->types += shown && !*listed;
        k->to->records += shown;
        k->to->unseen += !shown;
        *listed = *listed || shown;
    }
    e.detail = str_copy(k->a, e.detail);
    arena_end(&work);
    return e;
}

static err look_at_all(struct looking *k)
{
    const struct model *m = engine_model(k->engine);
    bool *listed = arena_array(k->a, bool, m->ntypes + 1);
    err e = OK;
    for (int round = 0; !e.code && round < ROUNDS; round++) {
        for (size_t i = 0; !e.code && i < m->ntypes; i++) {
            if (clock_mono_us() > k->until_us) {
                k->to->cut_short = true;
            } else if (m->types[i]->newest && !m->types[i]->lines) {
                e = look_at(k, m, m->types[i], &listed[i]);
            }
        }
    }
    engine_release(k->engine, m);
    return e;
}

/* --- the engine on the copy ---------------------------------------------------------------- */

static err open_copy(struct looking *k, struct arena *life, str copy, struct app *app)
{
    const struct config *cfg = k->to->config;
    struct engine_options o = {.url = copy,
                               .data_dir = cfg->data,
                               .origin = cfg->origin,
                               .clock = demo_clock_now,
                               .clock_arg = demo_clock_open(life, cfg->data)};
    err e = engine_open(life, &o, &k->engine);
    e = e.code ? e : engine_reader(k->engine, life, &k->db);
    if (e.code) {
        e = cli_refuse(k->a, ERR_CONFLICT,
                       words_fmt(k->a, "升级后的副本打不开：%.*s",
                                 "The upgraded copy cannot be opened: %.*s", STR_ARG(e.detail)),
                       WORDS("数据没有改动：仍可用原来的版本运行。请把这句话报告给维护者。",
                             "Nothing was changed: the former version still runs.  Report this"
                             " sentence to the makers of this program."));
        return e;
    }
    app->engine = k->engine;
    app->public_url = cfg->public_url;
    app->organisation = cfg->organisation;
    app->pages = (struct routes){page_routes, page_routes_len};
    app->error_page = frame_error;
    k->pages = alone_make(life, app);
    return OK;
}

static void log_look(const struct look *to, err e)
{
    struct log_line l = log_line(e.code ? LOG_ERROR : LOG_INFO, "upgrade.look");
    log_i64(&l, "types", to->types);
    log_i64(&l, "records", to->records);
    log_i64(&l, "unseen", to->unseen);
    log_i64(&l, "pages", to->pages);
    log_i64(&l, "cut_short", to->cut_short);
    log_write(&l);
}

err look_at_pages(void *arg, struct arena *a, str copy)
{
    struct look *to = arg;
    if (sodium_init() < 0) {
        return err_make(ERR_STORE, STR("libsodium does not start"));
    }
    struct arena life = arena_make(64 << 20);
    struct looking k = {.to = to, .a = a, .until_us = clock_mono_us() + MOST_US};
    struct app *app = arena_new(&life, struct app);
    err e = open_copy(&k, &life, copy, app);
    e = e.code ? e : look_at_all(&k);
    if (k.engine) {
        engine_stop(k.engine);
    }
    arena_end(&life); /* and with it every connection to the copy */
    log_look(to, e);
    return e;
}
