#include "site.h"

#include "api/api.h"
#include "base/buf.h"
#include "connect/xlsx.h"
#include "engine/engine_int.h"
#include "engine/scenario.h"
#include "engine/standard.h"
#include "ledger/ledger.h"
#include "page/frame.h"
#include "page/page.h"
#include "people/people_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- what happens to an act -------------------------------------------------------------- */

void __wrap_http_resume(struct http_exchange *x);
/* The writer has answered, on this very thread: `later` is called by site_ask. */
void __wrap_http_resume(struct http_exchange *x)
{
    (void)x;
}

/* --- an installation --------------------------------------------------------------------- */

static int64_t site_clock(void *arg)
{
    (void)arg;
    return SITE_NOW;
}

struct sources site_sources(struct arena *a)
{
    static const char *const folders[] = {"regulations", "tests/regulations"};
    struct sources all = {.ptr = arena_array(a, struct source, 200)};
    for (size_t i = 0; i < 2; i++) {
        struct sources s;
        dbs_ok(load_folder(a, NULL, str_from(folders[i]), &s));
        for (size_t k = 0; k < s.len && all.len < 200; k++) {
            all.ptr[all.len++] = s.ptr[k];
        }
    }
    return all;
}

static str file(struct arena *a, const char *path)
{
    enum { MOST = 1 << 20 };
    char *p = arena_bytes(a, MOST);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t n = fread(p, 1, MOST, f);
    fclose(f);
    return str_from_n(p, n);
}

static void no_diags(struct dbs *t, const struct diags *d)
{
    if (d->errors) {
        str line = diag_print(t->a, &d->ptr[0], LANG_EN);
        fail_msg("%.*s", STR_ARG(line));
    }
}

struct site site_make(struct dbs *t, const struct sources *sources)
{
    struct site s = {.t = t, .arena_limit = 64u << 20};
    struct diags d = diags_make(t->a);
    struct engine_options opt = {
        .url = t->url, .db = t->options, .origin = STR("rights.test/ledger"), .clock = site_clock};
    int64_t made = 0;
    err e = engine_open_memory(t->life, sources, &opt, &d, &s.e);
    no_diags(t, &d);
    dbs_ok(e);
    s.db = engine_db(s.e);
    size_t n;
    const struct migration *list = people_migrations(&n);
    dbs_ok(db_migrate(s.db, t->a, list, n));
    dbs_ok(scenario_records(s.e, t->a, file(t->a, "regulations/demo.yaml"), STR("demo.yaml"), &d,
                            &made));
    no_diags(t, &d);
    const char *path = "regulations/standards/iso27001.tsv";
    const struct standard_file standard = {.path = str_from(path), .text = file(t->a, path)};
    size_t put;
    dbs_ok(standards_put(s.e, t->a, &standard, 1, SITE_NOW, &d, &put));
    no_diags(t, &d);
    s.app = (struct app){.engine = s.e,
                         .public_url = STR("http://127.0.0.1"),
                         .organisation = STR("test"),
                         .pages = {page_routes, page_routes_len},
                         .api = {api_routes, api_routes_len},
                         .error_page = frame_error,
                         .error_api = api_error};
    dbs_ok(people_open(t->life, s.e, &s.app.people));
    web_options(&s.app, &s.http);
    s.seat = s.http.worker_start(&s.app, 0);
    return s;
}

/* As a signer would answer; whether its signature is good is another test's matter. */
static void seal(struct site *s)
{
    struct arena *a = s->t->a;
    struct ledger *log = s->e->ledger;
    struct note_signer signer;
    dbs_ok(note_signer(log->hasher, log->origin,
                       (const unsigned char *)"0123456789abcdef0123456789abcdef", &signer));
    struct note_checkpoint cp = {
        .origin = log->origin, .size = ledger_size(log), .root = ledger_root(log)};
    dbs_ok(ledger_checkpoint(log, s->db, a, &cp, note_write(a, &signer, &cp), SITE_NOW));
}

void site_settle(struct site *s)
{
    for (int i = 0; i < 1000; i++) {
        arena_reset(s->t->a);
        (void)engine_tick(s->e, SITE_NOW);
        if (!dbs_i64(s->db, s->t->a, SQL("select count(*) from search_queue"), NO_ARGS)) {
            break;
        }
    }
    seal(s);
}

/* --- sessions ---------------------------------------------------------------------------- */

static void admit(struct site *s, struct who *w, int no)
{
    struct arena *a = s->t->life;
    struct db *db = s->db;
    w->session = str_fmt(a, "session-of-%.*s-%d", STR_ARG(w->login), no);
    w->csrf = str_fmt(a, "%032d", no);
    w->token_read = str_fmt(a, "reads-of-%.*s-%d", STR_ARG(w->login), no);
    w->token_rw = str_fmt(a, "writes-of-%.*s-%d", STR_ARG(w->login), no);
    struct db_arg now = db_i64(SITE_NOW);
    struct db_arg until = db_i64(SITE_NOW + 3600000);
    struct db_arg person = db_i64(w->person);
    dbs_ok(db_exec(db, a,
                   SQL("insert into account(person, login, hash, must_change, disabled, lang,"
                       " theme, created_at, changed_at) values ($1, $2, 'x', 0, 0, 1, '', $3, $3)"),
                   ARGS(person, db_text(w->login), now)));
    dbs_ok(db_exec(db, a,
                   SQL("insert into session(token, person, created_at, seen_at, idle_until,"
                       " until, csrf, peer, agent) values ($1, $2, $3, $3, $4, $4, $5, '', '')"),
                   ARGS(db_blob(token_hash(a, w->session)), person, now, until, db_text(w->csrf))));
    const str tokens[] = {w->token_read, w->token_rw};
    for (int i = 0; i < 2; i++) {
        dbs_ok(db_exec(db, a,
                       SQL("insert into token(id, person, name, hash, scopes, created_at, until,"
                           " used_at) values ($1, $2, 'test', $3, $4, $5, $6, $5)"),
                       ARGS(db_i64(1000 + no * 2 + i), person, db_blob(token_hash(a, tokens[i])),
                            db_text(i ? STR("read write") : STR("read")), now, until)));
    }
}

void site_admit_all(struct site *s)
{
    const struct model *m = engine_model(s->e);
    int64_t active = tdef_state(m->person->newest, STR("active"))->code;
    struct rows r;
    dbs_ok(db_query(s->db, s->t->life,
                    SQL("select id, coalesce(f_login, '') from r_person where state = $1"
                        " order by id"),
                    ARGS(db_i64(active)), &r));
    while (rows_next(&r) && s->npeople < SITE_PEOPLE) {
        struct who *w = &s->people[s->npeople];
        w->person = rows_i64(&r, 0);
        w->login = rows_text(&r, 1);
        if (!w->login.len) {
            w->login = str_fmt(s->t->life, "person%zu", s->npeople);
        }
        admit(s, w, (int)s->npeople++);
    }
    engine_release(s->e, m);
}

const struct who *site_person(const struct site *s, const char *login)
{
    for (size_t i = 0; i < s->npeople; i++) {
        if (str_eq(s->people[i].login, str_from(login))) {
            return &s->people[i];
        }
    }
    fail_msg("nobody is called %s", login);
    return NULL;
}

/* --- requests ---------------------------------------------------------------------------- */

struct run {
    struct site *s;
    struct http_exchange *x;
    jmp_buf full;
    bool cut;
};

static void arena_full(void *arg)
{
    struct run *r = arg;
    longjmp(r->full, 1);
}

/* As a worker does it, with the one place to jump to. */
static void handle(struct run *r)
{
    if (setjmp(r->full)) {
        r->cut = true;
        r->x->arena.full = NULL;
        return;
    }
    r->x->arena.full = arena_full;
    r->x->arena.full_arg = r;
    int what = r->s->http.handle(r->x);
    while (what == HTTP_LATER) {
        what = r->x->later(r->x);
    }
    r->x->arena.full = NULL;
}

static void put_request(struct http_request *q, const struct site_request *ask, struct arena *a)
{
    struct http_param *headers = arena_array(a, struct http_param, 3);
    struct http_param *cookie = arena_new(a, struct http_param);
    size_t n = 0;
    *q = (struct http_request){.method = ask->method,
                               .path = ask->path,
                               .peer = ask->peer.len ? ask->peer : STR("127.0.0.1"),
                               .id = 7};
    if (ask->query && !http_parse_form(a, str_from(ask->query), &q->query)) {
        fail_msg("query %s", ask->query);
    }
    if (ask->door == DOOR_PAGE) {
        *cookie = (struct http_param){STR("zhidu"), ask->who->session};
        q->cookies = (struct http_params){cookie, 1};
        if (ask->json.len && !ask->no_csrf) {
            headers[n++] = (struct http_param){STR("x-csrf-token"), ask->who->csrf};
        }
    } else if (ask->door != DOOR_OUT) {
        str token = ask->door == DOOR_READ ? ask->who->token_read : ask->who->token_rw;
        headers[n++] =
            (struct http_param){STR("authorization"), str_fmt(a, "Bearer %.*s", STR_ARG(token))};
    }
    if (ask->json.len) {
        q->type = STR("application/json");
        q->body = ask->json;
    } else if (ask->method == HTTP_POST) {
        bool csrf = ask->door == DOOR_PAGE && !ask->no_csrf;
        str form = str_fmt(a, "%s&csrf=%.*s", ask->form ? ask->form : "",
                           csrf ? (int)ask->who->csrf.len : 0, csrf ? ask->who->csrf.ptr : "");
        q->type = STR("application/x-www-form-urlencoded");
        if (!http_parse_form(a, form, &q->form)) {
            fail_msg("form %s", ask->form);
        }
    }
    q->headers = (struct http_params){headers, n};
}

/* What a file holds; of a workbook its first sheet as lines. */
static str file_text(struct arena *a, const struct http_response *res)
{
    char *p = arena_bytes(a, (size_t)res->file_size + 1);
    ssize_t n = pread(res->file, p, (size_t)res->file_size, 0);
    if (!str_has(res->type, STR("spreadsheet"))) {
        return str_from_n(p, n > 0 ? (size_t)n : 0);
    }
    char *lines = NULL;
    size_t len = 0;
    int64_t row = 0;
    struct words why = {0};
    FILE *f = open_memstream(&lines, &len);
    assert_non_null(f);
    err e = xlsx_to_csv(a, res->file, ',', f, &row, &why);
    fclose(f);
    str text = str_copy(a, str_from_n(lines, len));
    free(lines);
    dbs_ok(e);
    return text;
}

static void take(struct reply *ret, struct http_response *res, struct arena *a)
{
    struct buf b = buf_make(a, 1 << 16);
    ret->status = res->status;
    ret->type = str_copy(a, res->type);
    ret->body = str_copy(a, res->body);
    if (res->file >= 0) {
        ret->body = file_text(a, res);
        close(res->file);
    }
    for (int i = 0; i < res->nheaders; i++) {
        const struct http_header *h = &res->headers[i];
        if (str_eq(h->name, STR("Location"))) {
            ret->location = str_copy(a, h->value);
        } else {
            buf_put_fmt(&b, "%.*s: %.*s\n", STR_ARG(h->name), STR_ARG(h->value));
        }
    }
    ret->headers = buf_str(&b);
}

struct reply site_ask(struct site *s, struct arena *a, const struct site_request *ask)
{
    struct reply ret = {0};
    struct http_exchange x = {.arena = arena_make(s->arena_limit),
                              .now = SITE_NOW,
                              .app = &s->app,
                              .local = s->seat,
                              .lang = LANG_EN,
                              .res = {.file = -1}};
    put_request(&x.req, ask, a);
    memset(s->seat->guesses, 0, sizeof(s->seat->guesses)); /* each request the first of its kind */
    if (s->begins) {
        s->begins(&x.arena);
    }
    struct db_counts before = db_counts(s->db);
    struct run run = {.s = s, .x = &x};
    handle(&run);
    struct db_counts after = db_counts(s->db);
    if (run.cut) { /* what http answers then */
        if (x.res.file >= 0) {
            close(x.res.file);
        }
        x.res = (struct http_response){.status = 503, .file = -1};
    }
    ret.cut = run.cut;
    take(&ret, &x.res, a);
    ret.statements = after.statements - before.statements;
    arena_end(&x.arena);
    return ret;
}

void site_try(struct site *s)
{
    dbs_ok(engine_scratch_begin(s->e, s->t->a));
}

void site_undo(struct site *s)
{
    dbs_ok(engine_scratch_end(s->e, s->t->a));
}
