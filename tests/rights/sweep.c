/* sweep.c - every allocation of every route fails once.
 *
 *   sweep [--each N]    N places a request at which the arena is full (usual: 40);
 *                       0: every single allocation
 *
 * A request is served once in full, and what it asks of its arena is written down.
 * Then it is served again and again with an arena that is full a little later each
 * time.  The answer must be the one in full, or 503; an act is done whole or not at
 * all; no transaction is open, no lock held, no file left open, no model kept; and,
 * built with V=asan, nothing leaks.
 *
 * Linked with --wrap for the functions of base/arena.h: an arena counts bytes here,
 * not blocks, so that each single allocation can be the first that does not fit.
 */
#include "base/buf.h"
#include "engine/attach.h"
#include "engine/engine_int.h"
#include "engine/heartbeat.h"
#include "people/people_int.h"

#include "support/fonts.h"
#include "walk.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ACTS = 250, PLACES_MAX = 200000 };

/* --- an arena that is full at a place of our choosing ------------------------------------------
 */

void *__real_arena_alloc(struct arena *a, size_t count, size_t size, size_t align);
void *__real_arena_try(struct arena *a, size_t count, size_t size, size_t align);
char *__real_arena_bytes(struct arena *a, size_t n);
void __real_arena_defer(struct arena *a, void (*fn)(void *), void *arg);
void *__wrap_arena_alloc(struct arena *a, size_t count, size_t size, size_t align);
void *__wrap_arena_try(struct arena *a, size_t count, size_t size, size_t align);
char *__wrap_arena_bytes(struct arena *a, size_t n);
void __wrap_arena_defer(struct arena *a, void (*fn)(void *), void *arg);

static struct {
    struct arena *arena; /* of the request */
    size_t used, most;   /* bytes */
    size_t *places;      /* what was used before each allocation, as far as noted */
    size_t nplaces;
    bool noting;
} watched;

static bool fits(struct arena *a, size_t n)
{
    if (a != watched.arena || !a->full) {
        return true; /* clean-ups run without a place to jump to */
    }
    if (watched.noting && watched.nplaces < PLACES_MAX) {
        watched.places[watched.nplaces++] = watched.used;
    }
    if (n + 1 > watched.most - watched.used) {
        return false;
    }
    watched.used += n + 1;
    return true;
}

void *__wrap_arena_alloc(struct arena *a, size_t count, size_t size, size_t align)
{
    if (!fits(a, count * size)) {
        a->full(a->full_arg);
    }
    return __real_arena_alloc(a, count, size, align);
}

void *__wrap_arena_try(struct arena *a, size_t count, size_t size, size_t align)
{
    return fits(a, count * size) ? __real_arena_try(a, count, size, align) : NULL;
}

char *__wrap_arena_bytes(struct arena *a, size_t n)
{
    if (!fits(a, n)) {
        a->full(a->full_arg);
    }
    return __real_arena_bytes(a, n);
}

void __wrap_arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
    if (!fits(a, sizeof(void *) * 3)) {
        a->full(a->full_arg);
    }
    __real_arena_defer(a, fn, arg);
}

static size_t next_most = SIZE_MAX;

static void begins(struct arena *a)
{
    watched.arena = a;
    watched.used = 0;
    watched.most = next_most;
}

/* --- requests: one or more for every route ------------------------------------------------------
 */

/* Of the address at which a task reports. */
#define SECRET "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct errand {
    const char *route;
    const char *path; /* NULL: as the pattern, words and numbers as usual */
    const char *query, *form, *json;
    const char *login;
} errands[] = {
    {"GET /", NULL, NULL, NULL, NULL, "wu.tao"},
    {"GET /r/~", "/r/fault", "n=1&open=1&w.state=new", NULL, NULL, "wu.tao"},
    {"GET /r/~", "/r/fault", "f=summary%20!%3D%20null&c=summary", NULL, NULL, "wu.tao"},
    {"GET /r/~", "/r/device", "q=a&o=created_at", NULL, NULL, "huang.he"},
    {"GET /r/~/export", "/r/device/export", NULL, NULL, NULL, "huang.he"},
    {"POST /r/~/export", "/r/device/export", NULL, "as=csv&query=open%3D1", NULL, "huang.he"},
    {"GET /r/~/suggest", "/r/person/suggest", "q=li", NULL, NULL, "wu.tao"},
    {"GET /r/~/new/~", "/r/fault/new/report_for", NULL, NULL, NULL, "wu.tao"},
    {"GET /r/~/#", "/r/device/#device", "print=1", NULL, NULL, "huang.he"},
    {"GET /r/~/#", "/r/person/#person", NULL, NULL, NULL, "xu.jing"},
    {"GET /r/~/#/activity", "/r/fault/#/activity", "before=9000000000000000", NULL, NULL, "wu.tao"},
    {"GET /r/~/#/do/~", "/r/fault/#/do/accept", NULL, NULL, NULL, "wu.tao"},
    {"GET /search", "/search", "q=qzaaab", NULL, NULL, "huang.he"},
    {"GET /file/#", "/file/#attachment", NULL, NULL, NULL, "huang.he"},
    {"GET /proof/#", "/proof/#seq", NULL, NULL, NULL, "huang.he"},
    {"GET /proof/#/file", "/proof/#seq/file", NULL, NULL, NULL, "huang.he"},
    {"GET /compliance/export.xlsx", "/compliance/export.xlsx", "by=standard", NULL, NULL, "wu.tao"},
    {"GET /compliance/export.xlsx", "/compliance/export.xlsx", "by=unit", NULL, NULL, "wu.tao"},
    {"GET /compliance/regulations/~", "/compliance/regulations/fault_reporting", NULL, NULL, NULL,
     "wu.tao"},
    {"GET /compliance/standards/~", "/compliance/standards/ISO27001", NULL, NULL, NULL, "wu.tao"},
    {"GET /controls/~", "/controls/faults_accepted", NULL, NULL, NULL, "wu.tao"},
    {"GET /controls/~/evidence.zip", "/controls/faults_accepted/evidence.zip", NULL, NULL, NULL,
     "wu.tao"},
    {"POST /controls/~/evidence", "/controls/faults_accepted/evidence", NULL, "old=", NULL,
     "wu.tao"},
    {"GET /duties/~", "/duties/equipment_is_counted", NULL, NULL, NULL, "wu.tao"},
    {"GET /duties/heartbeat/#", "/duties/heartbeat/#heartbeat", NULL, NULL, NULL, "xu.jing"},
    {"POST /duties/heartbeat/#/issue", "/duties/heartbeat/#heartbeat/issue", NULL, "x=1", NULL,
     "xu.jing"},
    {"POST /duties/heartbeat/#/revoke", "/duties/heartbeat/#heartbeat/revoke", NULL, "x=1", NULL,
     "xu.jing"},
    {"GET /ping/~", "/ping/" SECRET, NULL, NULL, NULL, "wu.tao"},
    {"GET /ping/~/~", "/ping/" SECRET "/7", NULL, NULL, NULL, "wu.tao"},
    {"POST /ping/~", "/ping/" SECRET, NULL, "x=1", NULL, "wu.tao"},
    {"POST /ping/~/~", "/ping/" SECRET "/fail", NULL, "x=1", NULL, "wu.tao"},
    {"GET /api/v1/duties/~", "/api/v1/duties/equipment_is_counted", "limit=3", NULL, NULL,
     "wu.tao"},
    {"GET /api/v1/controls/~", "/api/v1/controls/faults_accepted", "limit=3", NULL, NULL, "wu.tao"},
    {"GET /law/~", "/law/fault_reporting", NULL, NULL, NULL, "wu.tao"},
    {"GET /law/~/v/#", "/law/fault_reporting/v/1", NULL, NULL, NULL, "wu.tao"},
    {"GET /law/~/v/#/changes", "/law/fault_reporting/v/1/changes", NULL, NULL, NULL, "wu.tao"},
    {"POST /signin", "/signin", NULL, "login=han.mei&password=a+long+enough+secret&back=/inbox",
     NULL, "wu.tao"},
    {"POST /signin", "/signin", NULL, "login=han.mei&password=x", NULL, "wu.tao"},
    {"POST /r/~/new/~", "/r/fault/new/report", NULL, "summary=printer&contact=8832&key=k1", NULL,
     "li.lei"},
    {"POST /r/~/new/~", "/r/fault/new/report", NULL, "summary=&contact=", NULL, "li.lei"},
    {"POST /r/~/new/~/check", "/r/fault/new/report/check", "field=summary", "summary=x", NULL,
     "li.lei"},
    {"POST /r/~/#/do/~", "/r/fault/#/do/accept", NULL, "key=k2", NULL, "wu.tao"},
    {"POST /r/~/#/do/~", "/r/device/#device/do/move", NULL, "place=room&key=k3", NULL, "huang.he"},
    {"POST /r/~/#/do/~/check", "/r/device/#device/do/move/check", "field=place", "place=x", NULL,
     "huang.he"},
    {"POST /r/~/#/note/~", "/r/device/#device/note/comment", NULL, "note=said&key=k4", NULL,
     "huang.he"},
    {"POST /r/~/bulk", "/r/fault/bulk", NULL, "id=#&action=accept&key=k5", NULL, "wu.tao"},
    {"POST /r/~/view", "/r/fault/view", NULL, "name=mine&query=open%3D1", NULL, "wu.tao"},
    {"GET /admin/settings/~/~", "/admin/settings/organisation/calendar.week", NULL, NULL, NULL,
     "xu.jing"},
    {"POST /admin/settings/~/~", "/admin/settings/organisation/calendar.week", NULL, "value=x",
     NULL, "xu.jing"},
    {"POST /admin/settings/~/~/unit", "/admin/settings/organisation/calendar.week/unit", NULL,
     "value=x", NULL, "xu.jing"},
    {"GET /admin/account/#", "/admin/account/#person", NULL, NULL, NULL, "xu.jing"},
    {"POST /admin/account/#", "/admin/account/#person", NULL,
     "login=somebody.new&password=a+long+enough+secret", NULL, "xu.jing"},
    {"GET /admin/seats/#", "/admin/seats/#person", NULL, NULL, NULL, "xu.jing"},
    {"POST /admin/seats/#", "/admin/seats/#person", NULL, "to=li.lei&note=leaves&seat=1&all=1",
     NULL, "xu.jing"},
    {"POST /inbox/approve", "/inbox/approve", NULL, "seat=1&kind=loan.request&key=k6", NULL,
     "wu.tao"},
    {"POST /me/phrases", "/me/phrases", NULL, "phrases=fine%0Anot+yet", NULL, "wu.tao"},
    {"POST /me/token", "/me/token", NULL, "name=x&scopes=read&days=3", NULL, "wu.tao"},
    {"POST /me/password", "/me/password", NULL, "old=x&fresh=yyyyyyyyyyyy&again=yyyyyyyyyyyy", NULL,
     "wu.tao"},
    {"GET /api/v1/search", "/api/v1/search", "q=qzaaab", NULL, NULL, "huang.he"},
    {"GET /api/v1/types/~", "/api/v1/types/fault", NULL, NULL, NULL, "wu.tao"},
    {"GET /api/v1/r/~", "/api/v1/r/device", "limit=200&count=1&columns=title,place", NULL, NULL,
     "huang.he"},
    {"GET /api/v1/r/~/new/~", "/api/v1/r/fault/new/report", NULL, NULL, NULL, "wu.tao"},
    {"POST /api/v1/r/~/new/~", "/api/v1/r/fault/new/report", NULL, NULL,
     "{\"summary\":\"printer\",\"contact\":\"8832\"}", "li.lei"},
    {"GET /api/v1/r/~/#", "/api/v1/r/device/#device", "view=full", NULL, NULL, "huang.he"},
    {"GET /api/v1/r/~/#/do/~", "/api/v1/r/fault/#/do/accept", NULL, NULL, NULL, "wu.tao"},
    {"POST /api/v1/r/~/#/do/~", "/api/v1/r/fault/#/do/accept", NULL, NULL, "{}", "wu.tao"},
    {"POST /api/v1/r/~/#/do/~", "/api/v1/r/device/#device/do/comment", NULL, NULL,
     "{\"note\":\"x\"}", "huang.he"},
    {"GET /api/v1/attachments/#", "/api/v1/attachments/#attachment", NULL, NULL, NULL, "huang.he"},
    {"GET /api/v1/regulations/~", "/api/v1/regulations/fault_reporting", NULL, NULL, NULL,
     "wu.tao"},
    {"GET /api/v1/ledger/~", "/api/v1/ledger/#seq", NULL, NULL, NULL, "huang.he"},
    {"GET /api/v1/ledger/~/proof", "/api/v1/ledger/#seq/proof", NULL, NULL, NULL, "huang.he"},
};
enum { ERRANDS = sizeof(errands) / sizeof(errands[0]) };

/* --- the world --------------------------------------------------------------------------- */

struct sweep {
    struct site *s;
    struct arena *life;
    int64_t fault, device, attachment, seq, heartbeat;
    int each;
    int64_t routes, requests, cut, whole, acts;
    int failed;
};

static void flaw(struct sweep *w, const char *route, size_t place, const char *what)
{
    printf("FAILED %s, the arena full at %zu: %s\n", route, place, what);
    w->failed++;
}

/* "#", "#device", "#person", "#attachment", "#seq", "#heartbeat" in an address or a form. */
static const char *fill(struct sweep *w, struct arena *a, const char *shape)
{
    const struct {
        const char *name;
        int64_t id;
    } names[] = {{"#device", w->device},         {"#person", w->s->people[3].person},
                 {"#attachment", w->attachment}, {"#seq", w->seq},
                 {"#heartbeat", w->heartbeat},   {"#", w->fault}};
    struct buf b = buf_make(a, 4096);
    for (const char *c = shape; c && *c;) {
        size_t i = 0;
        while (*c == '#' && strncmp(c, names[i].name, strlen(names[i].name)) != 0) {
            i++;
        }
        if (*c == '#') {
            buf_put_i64(&b, names[i].id);
            c += strlen(names[i].name);
        } else {
            buf_put_c(&b, *c++);
        }
    }
    return shape ? buf_str(&b).ptr : NULL;
}

/* The pattern itself, with words and numbers as usual. */
static const char *usual(struct arena *a, const char *pattern)
{
    static const char *const words[] = {"fault", "report"};
    struct buf b = buf_make(a, 4096);
    size_t n = 0;
    for (const char *c = pattern; *c; c++) {
        if (*c == '~') {
            buf_put(&b, str_from(words[n > 0]));
            n++;
        } else {
            buf_put_c(&b, *c);
        }
    }
    return buf_str(&b).ptr;
}

static int64_t one(struct sweep *w, struct sql sql)
{
    return dbs_i64(w->s->db, w->life, sql, NO_ARGS);
}

/* Bytes in a folder, so that an open file can be forgotten. */
static void lay_files(struct sweep *w, const char *dir)
{
    struct rows r;
    str folder = str_copy(w->life, str_from(dir));
    dbs_ok(db_query(w->s->db, w->life, SQL("select sha256, body from blob"), NO_ARGS, &r));
    (void)mkdir(str_fmt(w->life, "%s/blobs", dir).ptr, 0700);
    while (rows_next(&r)) {
        str path = attach_path(w->life, folder, rows_text(&r, 0));
        str up = str_from_n(path.ptr, path.len - rows_text(&r, 0).len + 1);
        (void)mkdir(str_fmt(w->life, "%.*s", STR_ARG(up)).ptr, 0700);
        FILE *f = fopen(path.ptr, "we");
        assert_non_null(f);
        str body = rows_text(&r, 1);
        assert_int_equal(fwrite(body.ptr, 1, body.len, f), body.len);
        fclose(f);
    }
    w->s->e->opt.data_dir = folder;
}

/* --- what must be as before -------------------------------------------------------------- */

static int open_files(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d)) {
        n++;
    }
    if (d) {
        closedir(d);
    }
    return n;
}

/* How much there is of everything: rows of the engine's and people's tables, and the
 * versions of all records. */
static str everything(struct sweep *w, struct arena *a)
{
    static const char *const tables[] = {
        "act",        "ledger_leaf",   "ledger_payload", "idem",          "term",
        "later",      "task",          "notification",   "receipt",       "attachment",
        "watcher",    "label",         "account",        "session",       "token",
        "saved_view", "seq",           "search_queue",   "job",           "second_factor",
        "approval",   "approval_seat", "approval_vote",  "approval_copy", "approval_event",
        "phrase"};
    struct buf b = buf_make(a, 1 << 16);
    const struct model *m = engine_model(w->s->e);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct sqlb q = sqlb_make(a);
        SQLB_LIT(&q, "select count(*) from ");
        sqlb_ident(&q, str_from(tables[i]));
        buf_put_i64(&b, dbs_i64(w->s->db, a, sqlb_end(&q), NO_ARGS));
        buf_put_c(&b, ' ');
    }
    for (size_t i = 0; i < m->ntypes; i++) {
        struct sqlb q = sqlb_make(a);
        SQLB_LIT(&q, "select cast(coalesce(sum(ver), 0) as bigint) from ");
        sqlb_ident(&q, m->types[i]->table);
        buf_put_i64(&b, dbs_i64(w->s->db, a, sqlb_end(&q), NO_ARGS));
        buf_put_c(&b, ' ');
    }
    engine_release(w->s->e, m);
    return buf_str(&b);
}

struct standing { /* what a request must give back */
    int files, hashing;
    int64_t held;
};

static struct standing stands(struct sweep *w)
{
    struct engine *e = w->s->e;
    struct standing s = {.files = open_files(), .held = e->current->holders};
    sem_getvalue(&w->s->app.people->hashing, &s.hashing);
    return s;
}

static void gives_back(struct sweep *w, const char *route, size_t place, struct standing was)
{
    struct standing is = stands(w);
    pthread_mutex_t *locks[] = {&w->s->e->lock, &w->s->app.people->lock};
    for (size_t i = 0; i < 2; i++) {
        if (pthread_mutex_trylock(locks[i]) != 0) {
            flaw(w, route, place, "a lock is held");
        } else {
            pthread_mutex_unlock(locks[i]);
        }
    }
    if (is.files != was.files) {
        flaw(w, route, place, "a file is open");
    }
    if (is.held != was.held) {
        flaw(w, route, place, "a model is held");
    }
    if (is.hashing != was.hashing) {
        flaw(w, route, place, "a place for hashing is taken");
    }
}

/* --- one request, at many places --------------------------------------------------------- */

struct request {
    const char *name;
    struct site_request ask;
    str before, after; /* everything, as it was and as it is when all went well */
    struct reply full;
};

static void serve(struct sweep *w, const struct request *r, size_t most)
{
    struct arena a = arena_make(64u << 20);
    struct standing was = stands(w);
    next_most = most;
    site_try(w->s);
    struct reply have = site_ask(w->s, &a, &r->ask);
    next_most = SIZE_MAX;
    watched.arena = NULL;
    if (r->ask.method == HTTP_POST) {
        str now = everything(w, &a);
        bool none = str_eq(now, r->before);
        bool all = str_eq(now, r->after);
        if (!none && !all) {
            flaw(w, r->name, most, "something is half done");
        }
        w->acts++;
    }
    site_undo(w->s);
    arena_reset(w->s->t->a);
    /* Of an act the new numbers differ from run to run. */
    bool same = have.status == r->full.status &&
                (r->ask.method == HTTP_POST ||
                 (str_eq(have.body, r->full.body) && str_eq(have.location, r->full.location) &&
                  str_eq(have.headers, r->full.headers)));
    w->requests++;
    w->cut += have.cut;
    w->whole += !have.cut;
    bool said = have.status == 503 || have.status == 413; /* too large for its buffer: said so */
    if (!have.cut && !same && !said) {
        flaw(w, r->name, most, "another answer than in full");
    }
    gives_back(w, r->name, most, was);
    arena_end(&a);
}

static void sweep_one(struct sweep *w, struct request *r, size_t turn)
{
    struct arena a = arena_make(64u << 20);
    size_t *places = calloc(PLACES_MAX, sizeof(*places));
    assert_non_null(places);
    site_try(w->s); /* once to be warm, once to note what it asks for */
    (void)site_ask(w->s, &a, &r->ask);
    site_undo(w->s);
    site_try(w->s);
    r->before = everything(w, &a);
    watched.places = places;
    watched.nplaces = 0;
    watched.noting = true;
    r->full = site_ask(w->s, &a, &r->ask);
    watched.noting = false;
    r->after = everything(w, &a);
    site_undo(w->s);
    size_t n = watched.nplaces;
    size_t step = w->each && n > (size_t)w->each ? n / (size_t)w->each : 1;
    for (size_t i = turn % step; i < n; i += step) {
        serve(w, r, places[i]);
    }
    if (getenv("SWEEP_SAY")) {
        printf("  %-34s %.*s: %d, %zu allocations\n", r->name, STR_ARG(r->ask.path), r->full.status,
               n);
    }
    free(places);
    arena_end(&a);
}

static void sweep_errand(struct sweep *w, const struct visit_route *route, const char *name,
                         const struct errand *k, size_t turn)
{
    struct arena a = arena_make(1 << 20);
    bool api = (route->flags & ROUTE_API) != 0;
    bool post = route->method == HTTP_POST;
    const char *path = k && k->path ? k->path : usual(&a, route->pattern);
    const char *form = k && k->form ? k->form : "x=1";
    const char *json = k && k->json ? k->json : "{}";
    const char *login = k ? k->login : strstr(route->pattern, "/admin") ? "xu.jing" : "wu.tao";
    struct request r = {.name = name};
    r.ask = (struct site_request){.method = route->method,
                                  .path = str_from(fill(w, &a, path)),
                                  .query = k ? k->query : NULL,
                                  .door = route->flags & ROUTE_PUBLIC ? DOOR_OUT
                                          : api                       ? DOOR_WRITE
                                                                      : DOOR_PAGE,
                                  .who = site_person(w->s, login),
                                  .form = post && !api ? fill(w, &a, form) : NULL,
                                  .json = post && api ? str_from(json) : STR("")};
    sweep_one(w, &r, turn);
    arena_end(&a);
}

static void sweep_route(struct sweep *w, const struct visit_route *route, size_t turn)
{
    char name[120];
    snprintf(name, sizeof(name), "%s %s", route->method == HTTP_POST ? "POST" : "GET",
             route->pattern);
    bool any = false;
    for (size_t i = 0; i < ERRANDS; i++) {
        if (strcmp(errands[i].route, name) == 0) {
            sweep_errand(w, route, name, &errands[i], turn);
            any = true;
        }
    }
    if (!any) {
        sweep_errand(w, route, name, NULL, turn);
    }
    w->routes++;
}

static int each = 40;
static int failed;

static void sweep(struct dbs *t)
{
    char dir[] = "/tmp/zhidu-sweep-XXXXXX";
    struct sources src = site_sources(t->life);
    struct site s = site_make(t, &src);
    struct diags d = diags_make(t->life);
    const struct model *model = model_build(t->life, &src, &d);
    struct walk walk = {.s = &s, .random = 88172645463325252u};
    struct sweep w = {.s = &s, .life = t->life, .each = each};
    assert_non_null(mkdtemp(dir));
    site_admit_all(&s);
    walk_on(&walk, model, ACTS);
    w.device = one(&w, SQL("select min(record) from attachment where field is null and type ="
                           " (select type from act where action = 'register' limit 1)"));
    w.attachment = one(&w, SQL("select min(id) from attachment where field is null and type ="
                               " (select type from act where action = 'register' limit 1)"));
    w.fault = one(&w, SQL("select max(id) from r_fault where state = 0"));
    w.seq = one(&w, SQL("select min(seq) from act where action = 'register'"));
    w.heartbeat = one(&w, SQL("select max(id) from r_heartbeat where state = 0"));
    dbs_ok(
        db_exec(s.db, t->life, SQL("update r_heartbeat set f_address = $2 where id = $1"),
                ARGS(db_i64(w.heartbeat), db_text(heartbeat_fingerprint(t->life, STR(SECRET))))));
    lay_files(&w, dir);
    struct words why;
    dbs_ok(people_set_account(s.app.people, t->life, SITE_NOW, site_person(&s, "han.mei")->person,
                              STR("han.mei"), STR("a long enough secret"), false, &why));
    s.begins = begins;
    for (size_t i = 0; i < s.app.pages.len; i++) {
        sweep_route(&w, &s.app.pages.ptr[i], i);
    }
    for (size_t i = 0; i < s.app.api.len; i++) {
        sweep_route(&w, &s.app.api.ptr[i], i);
    }
    s.begins = NULL;
    s.http.worker_end(&s.app, s.seat);
    printf("%lld routes, %lld requests at as many limits: %lld cut short with 503, %lld answered in"
           " full or refused; %lld of them acts, whole or not done\n",
           (long long)w.routes, (long long)w.requests, (long long)w.cut, (long long)w.whole,
           (long long)w.acts);
    failed = w.failed;
    (void)!system(str_fmt(t->a, "rm -rf %s", dir).ptr);
}

static void at_every_limit_a_request_ends_in_its_answer_or_503(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, sweep);
    assert_int_equal(failed, 0);
}

int main(int argc, char **argv)
{
    int64_t n;
    fonts_plain();
    if (argc > 2 && strcmp(argv[1], "--each") == 0 && str_to_i64(str_from(argv[2]), &n)) {
        each = (int)n;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_every_limit_a_request_ends_in_its_answer_or_503),
    };
    int bad = cmocka_run_group_tests(tests, NULL, NULL);
    fonts_end();
    printf("%d passed, %d failed\n", 1 - (bad != 0), bad != 0);
    return bad != 0;
}
