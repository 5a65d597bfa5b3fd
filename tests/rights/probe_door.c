/* probe_door.c - who comes in at all; what is one's own; what administrators have. */
#include "base/enc.h"
#include "model/control.h"
#include "model/duty.h"
#include "people/people_int.h"

#include "probe.h"

#include <string.h>

/* --- doors ------------------------------------------------------------------------------- */

/* An address of the route: of something there, or of nothing. */
static str address(struct probe *p, const struct visit_route *r, int64_t id)
{
    static const char *const words[] = {"fault", "report"};
    str path = STR("");
    size_t n = 0;
    for (str rest = str_from(r->pattern); rest.ptr;) {
        str s = str_cut(rest, '/', &rest);
        bool any = str_eq(s, STR("~"));
        if (str_eq(s, STR("#"))) {
            s = str_fmt(&p->a, "%lld", (long long)id);
        } else if (any) {
            s = str_from(words[n > 0]);
            n++;
        }
        path = path.ptr && (path.len || s.len)
                   ? str_fmt(&p->a, "%.*s/%.*s", STR_ARG(path), STR_ARG(s))
                   : s;
    }
    return path.len ? path : STR("/");
}

static const char *name_of(struct probe *p, const struct visit_route *r)
{
    return str_fmt(&p->a, "%s %s", r->method == HTTP_POST ? "POST" : "GET", r->pattern).ptr;
}

static struct reply come(struct probe *p, const struct visit_route *r, int64_t id, enum door door,
                         const struct who *who, bool no_csrf)
{
    bool api = str_starts(str_from(r->pattern), STR("/api/"));
    site_try(p->s);
    struct reply have = probe_ask(
        p, name_of(p, r),
        &(struct site_request){.path = address(p, r, id),
                               .door = door,
                               .who = who,
                               .form = "x=1",
                               .json = api && r->method == HTTP_POST ? STR("{}") : STR(""),
                               .no_csrf = no_csrf});
    site_undo(p->s);
    return have;
}

/* What is there for everybody, said here once more: the table could be wrong. */
static bool for_everybody(const struct visit_route *r)
{
    static const char *const list[] = {"/signin",       "/signin/code", "/assets/~/~",
                                       "/assets/~/~/~", "/healthz",     "/readyz",
                                       "/metrics",      "/ping/~",      "/ping/~/~"};
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (strcmp(r->pattern, list[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool turned_away(const struct visit_route *r, const struct reply *have)
{
    return str_starts(str_from(r->pattern), STR("/api/"))
               ? have->status == 401
               : have->status == 303 && str_starts(have->location, STR("/signin?"));
}

static void expect(struct probe *p, const struct visit_route *r, const char *whom,
                   const struct reply *have, bool good)
{
    if (!good) {
        probe_find(p, "%s %s: %d to %s", r->method == HTTP_POST ? "POST" : "GET", r->pattern,
                   have->status, whom);
    }
    probe_count(p, "doors", false);
}

/* Those who are not, or no longer, let in: each as if nobody came. */
static void strangers(struct probe *p, const struct visit_route *r, const struct who *list,
                      size_t n, int64_t there)
{
    bool open = for_everybody(r);
    bool api = str_starts(str_from(r->pattern), STR("/api/"));
    struct reply out = come(p, r, there, DOOR_OUT, NULL, false);
    struct reply none = come(p, r, PROBE_ABSENT, DOOR_OUT, NULL, false);
    if (!open) {
        expect(p, r, "one who is signed out", &out, turned_away(r, &out));
        probe_same(p, "doors", name_of(p, r), NULL, there, &out, &none);
    }
    for (size_t i = 0; i < n && !open; i++) {
        for (int door = DOOR_PAGE; door < DOORS; door++) {
            struct reply have = come(p, r, there, (enum door)door, &list[i], false);
            expect(p, r, list[i].login.ptr, &have, turned_away(r, &have));
        }
    }
    const struct who *li = site_person(p->s, "li.lei");
    if (!open && !api) { /* a token is no key to pages */
        struct reply have = come(p, r, there, DOOR_WRITE, li, false);
        expect(p, r, "a token", &have, turned_away(r, &have));
    }
    if (!open && r->method == HTTP_POST) { /* a form of somebody else's page */
        struct reply have = come(p, r, there, DOOR_PAGE, li, true);
        expect(p, r, "one without the form's token", &have, have.status == 400);
    }
    if (api && r->method == HTTP_POST) {
        struct reply have = come(p, r, there, DOOR_READ, li, false);
        none = come(p, r, PROBE_ABSENT, DOOR_READ, li, false);
        expect(p, r, "a token that only reads", &have, have.status == 403);
        probe_same(p, "doors", name_of(p, r), li, there, &have, &none);
    }
}

/* Sessions and tokens that have run out, a closed account, one who has left. */
static size_t make_strangers(struct probe *p, struct who *ret)
{
    static const char *const names[] = {"an ended session", "a closed account", "one who has left"};
    struct db *db = p->s->db;
    struct arena *a = p->life;
    for (int i = 0; i < 3; i++) {
        ret[i] = p->s->people[p->s->npeople - 1 - (size_t)i];
        struct who *w = &ret[i];
        struct db_args who = ARGS(db_i64(w->person));
        w->login = str_from(names[i]);
        if (i == 0) {
            dbs_ok(db_exec(db, a, SQL("update session set until = 1 where person = $1"), who));
            dbs_ok(db_exec(db, a, SQL("update token set until = 1 where person = $1"), who));
        } else if (i == 1) {
            dbs_ok(db_exec(db, a, SQL("update account set disabled = 1 where person = $1"), who));
        } else {
            dbs_ok(db_exec(db, a, SQL("update r_person set state = -1 where id = $1"), who));
        }
    }
    return 3;
}

/* Who has to choose a password first comes no further than there. */
static void must_change(struct probe *p)
{
    const struct who *w = &p->s->people[0];
    dbs_ok(db_exec(p->s->db, p->life, SQL("update account set must_change = 1 where person = $1"),
                   ARGS(db_i64(w->person))));
    const struct visit_route *r;
    for (size_t i = 0; (r = probe_route(p, i)) && probe_goes_on(p); i++) {
        str pattern = str_from(r->pattern);
        bool open = for_everybody(r) || str_starts(pattern, STR("/me")) ||
                    str_starts(pattern, STR("/sign")) || str_starts(pattern, STR("/help"));
        probe_next(p);
        struct reply have = come(p, r, PROBE_ABSENT, DOOR_PAGE, w, false);
        if (!open) {
            expect(p, r, "one who must change his password", &have,
                   have.status == 303 && str_starts(have.location, STR("/me?must=1")));
        }
    }
}

void probe_doors(struct probe *p)
{
    const struct type *fault = model_type(p->model, STR("fault"));
    const struct fact *x = fault ? probe_subject(p, fault, 0) : NULL;
    const struct visit_route *r;
    struct who list[3];
    p->doors = true;
    probe_next(p);
    size_t n = make_strangers(p, list);
    for (size_t i = 0; (r = probe_route(p, i)) && probe_goes_on(p); i++) {
        probe_next(p);
        strangers(p, r, list, n, x ? x->id : 1);
    }
    must_change(p);
    p->doors = false;
}

/* --- one's own, and what everybody signed in may read -------------------------------------------
 */

static const struct open_page {
    const char *route, *path, *query;
} open_pages[] = {
    {"GET /", "/", NULL},
    {"GET /inbox", "/inbox", NULL},
    {"GET /inbox", "/inbox", "box=done"},
    {"GET /inbox", "/inbox", "box=mine"},
    {"GET /inbox", "/inbox", "box=watched"},
    {"GET /notifications", "/notifications", NULL},
    {"GET /live", "/live", NULL},
    {"GET /r", "/r", NULL},
    {"GET /law", "/law", NULL},
    {"GET /me", "/me", NULL},
    {"GET /me/second", "/me/second", NULL},
    {"GET /me/jobs", "/me/jobs", NULL},
    {"GET /help", "/help", "q=a"},
    {"GET /help/~", "/help/user", NULL},
    {"GET /admin", "/admin", NULL},
    {"GET /admin/settings", "/admin/settings", NULL},
    {"GET /api/v1/openapi.json", "/api/v1/openapi.json", NULL},
    {"GET /api/v1/me", "/api/v1/me", NULL},
    {"GET /api/v1/tasks", "/api/v1/tasks", NULL},
    {"GET /api/v1/tasks", "/api/v1/tasks", "box=done"},
    {"GET /api/v1/tasks", "/api/v1/tasks", "box=mine"},
    {"GET /api/v1/tasks", "/api/v1/tasks", "box=watched"},
    {"GET /api/v1/notifications", "/api/v1/notifications", NULL},
    {"GET /api/v1/types", "/api/v1/types", NULL},
    {"GET /api/v1/regulations", "/api/v1/regulations", NULL},
    {"GET /api/v1/ledger", "/api/v1/ledger", NULL},
    {"GET /compliance", "/compliance", NULL},
    {"GET /compliance", "/compliance", "by=standard"},
    {"GET /compliance", "/compliance", "by=unit"},
    {"GET /compliance", "/compliance", "by=lived"},
    {"GET /compliance/export.xlsx", "/compliance/export.xlsx", NULL},
    {"GET /compliance/export.xlsx", "/compliance/export.xlsx", "by=unit"},
    {"GET /compliance/export.xlsx", "/compliance/export.xlsx", "by=standard"},
    {"GET /compliance/standards/~", "/compliance/standards/ISO27001", NULL},
    {"GET /api/v1/compliance", "/api/v1/compliance", NULL},
    {"GET /duties", "/duties", NULL},
    {"GET /calendar", "/calendar", NULL},
    {"GET /calendar", "/calendar", "show=mine"},
    {"GET /api/v1/calendar.ics", "/api/v1/calendar.ics", NULL},
    {"GET /duties", "/duties", "show=mine"},
    {"GET /duties", "/duties", "regulation=equipment&clause=stock-take&show=all&unit=0"},
    {"GET /api/v1/duties", "/api/v1/duties", NULL},
    {"GET /controls", "/controls", NULL},
    {"GET /api/v1/controls", "/api/v1/controls", NULL},
};

/* What is there before anybody is signed in is for everybody, and tells nothing. */
static void outside(struct probe *p)
{
    static const struct open_page list[] = {{"GET /signin", "/signin", NULL},
                                            {"GET /signin", "/signin", "back=/r/fault&ended=1"},
                                            {"POST /signin", "/signin", "login=x&password=y"},
                                            {"GET /signin/code", "/signin/code", NULL},
                                            {"POST /signin/code", "/signin/code", "otp=123456"},
                                            {"GET /ping/~", "/ping/x", NULL},
                                            {"GET /ping/~/~", "/ping/x/fail", NULL},
                                            {"POST /ping/~", "/ping/x", "x=1"},
                                            {"POST /ping/~/~", "/ping/x/7", "x=1"},
                                            {"GET /assets/~/~", "/assets/x/y.css", NULL},
                                            {"GET /assets/~/~/~", "/assets/x/y/z.css", NULL}};
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        bool post = list[i].route[0] == 'P';
        probe_next(p);
        struct reply r = probe_ask(p, list[i].route,
                                   &(struct site_request){.path = str_from(list[i].path),
                                                          .query = post ? NULL : list[i].query,
                                                          .form = post ? list[i].query : NULL});
        probe_scan(p, list[i].route, &(struct who){.login = STR("nobody")}, &r);
        probe_count(p, "own and open pages", true);
    }
}

/* Figures for the machine itself; from elsewhere nothing. */
static void watched(struct probe *p)
{
    static const char *const list[] = {"/healthz", "/readyz", "/metrics"};
    for (size_t i = 0; i < 3; i++) {
        probe_next(p);
        const char *route = str_fmt(&p->a, "GET %s", list[i]).ptr;
        struct site_request ask = {.path = str_from(list[i])};
        struct reply here = probe_ask(p, route, &ask);
        ask.peer = STR("192.0.2.7");
        struct reply there = probe_ask(p, route, &ask);
        probe_scan(p, route, &(struct who){.login = STR("a monitor")}, &here);
        if (here.status == 403 || there.status != 403) {
            probe_find(p, "%s: %d from here, %d from elsewhere", route, here.status, there.status);
        }
        probe_count(p, "figures for monitors", here.status != 403);
        probe_count(p, "figures for monitors", there.status != 403);
    }
}

static void open_to(struct probe *p, const struct who *who, const char *route, str path,
                    const char *query)
{
    struct reply r = probe_get(p, route, who, path, query);
    if (r.status != 200) {
        probe_find(p, "%s %.*s as %.*s: %d", route, STR_ARG(path), STR_ARG(who->login), r.status);
    }
    probe_count(p, "own and open pages", true);
}

/* A package is an entry of the ledger: opening an address makes none. */
static void make_nothing(struct probe *p, const struct who *who, str control)
{
    struct reply r =
        probe_get(p, "GET /controls/~/evidence.zip", who,
                  str_fmt(&p->a, "/controls/%.*s/evidence.zip", STR_ARG(control)), NULL);
    if (r.status != 404) {
        probe_find(p, "evidence.zip of %.*s as %.*s: %d", STR_ARG(control), STR_ARG(who->login),
                   r.status);
    }
    probe_count(p, "own and open pages", true);
}

static void read_laws(struct probe *p, const struct who *who)
{
    for (size_t i = 0; i < p->model->nregs; i++) {
        const struct law *l = p->model->regs[i]->newest;
        str key = l->reg->key;
        probe_next(p);
        open_to(p, who, "GET /law/~", str_fmt(&p->a, "/law/%.*s", STR_ARG(key)), NULL);
        open_to(p, who, "GET /law/~/v/#", str_fmt(&p->a, "/law/%.*s/v/1", STR_ARG(key)), NULL);
        (void)probe_get(p, "GET /law/~/v/#/changes", who,
                        str_fmt(&p->a, "/law/%.*s/v/1/changes", STR_ARG(key)), NULL);
        open_to(p, who, "GET /api/v1/regulations/~",
                str_fmt(&p->a, "/api/v1/regulations/%.*s", STR_ARG(key)), NULL);
        open_to(p, who, "GET /api/v1/regulations/~/~",
                str_fmt(&p->a, "/api/v1/regulations/%.*s/%.*s", STR_ARG(key),
                        STR_ARG(l->clauses[0].id)),
                NULL);
        open_to(p, who, "GET /compliance/regulations/~",
                str_fmt(&p->a, "/compliance/regulations/%.*s", STR_ARG(key)), NULL);
        for (size_t k = 0; k < l->ncontrols; k++) {
            str name = l->controls[k].control->key;
            open_to(p, who, "GET /controls/~", str_fmt(&p->a, "/controls/%.*s", STR_ARG(name)),
                    NULL);
            open_to(p, who, "GET /api/v1/controls/~",
                    str_fmt(&p->a, "/api/v1/controls/%.*s", STR_ARG(name)), "limit=200");
            make_nothing(p, who, name);
        }
        for (size_t k = 0; k < l->nduties; k++) {
            str name = l->duties[k].duty->key;
            open_to(p, who, "GET /duties/~", str_fmt(&p->a, "/duties/%.*s", STR_ARG(name)), NULL);
            open_to(p, who, "GET /api/v1/duties/~",
                    str_fmt(&p->a, "/api/v1/duties/%.*s", STR_ARG(name)), "limit=200");
        }
        for (size_t k = 0; k < l->ntdefs; k++) {
            if (!l->tdefs[k]->type->lines) {
                open_to(p, who, "GET /api/v1/types/~",
                        str_fmt(&p->a, "/api/v1/types/%.*s", STR_ARG(l->tdefs[k]->type->key)),
                        NULL);
            }
        }
    }
}

/* --- administrators ---------------------------------------------------------------------- */

static const struct admin_page {
    const char *route, *path, *form;
} admin_pages[] = {
    {"GET /admin/security", "/admin/security", NULL},
    {"GET /admin/security/export", "/admin/security/export", NULL},
    {"GET /admin/jobs", "/admin/jobs", NULL},
    {"GET /admin/health", "/admin/health", NULL},
    {"GET /admin/account/#", "/admin/account/#", NULL},
    {"GET /admin/seats/#", "/admin/seats/#", NULL},
    {"POST /admin/seats/#", "/admin/seats/#", "x=1"},
    {"GET /admin/settings/~/~", "/admin/settings/organisation/calendar.week", NULL},
    {"POST /admin/settings/~/~", "/admin/settings/organisation/calendar.week", "value=x"},
    {"POST /admin/settings/~/~/unit", "/admin/settings/organisation/calendar.week/unit", "value=x"},
    {"POST /admin/jobs/#/cancel", "/admin/jobs/#/cancel", "x=1"},
    {"POST /admin/account/#", "/admin/account/#", "login=x"},
    {"POST /admin/account/#/second", "/admin/account/#/second", "x=1"},
};

static void administer(struct probe *p, const struct who *who, const struct admin_page *k)
{
    bool admin = oracle_holds(p->f, "administrator", who->person);
    if (strstr(k->path, "security")) { /* those who look after it, and those who check */
        admin = admin || oracle_holds(p->f, "auditor", who->person) ||
                oracle_holds(p->f, "security_officer", who->person);
    }
    /* Each twice: what was refused is noted once in the security log. */
    int64_t ids[] = {PROBE_ABSENT, PROBE_ABSENT, p->s->people[3].person, p->s->people[3].person};
    struct reply r[4];
    for (int i = 0; i < 4; i++) {
        site_try(p->s);
        r[i] = probe_ask(p, k->route,
                         &(struct site_request){.path = probe_fill(p, k->path, STR(""), ids[i]),
                                                .door = DOOR_PAGE,
                                                .who = who,
                                                .form = k->form});
        site_undo(p->s);
    }
    if (!admin) {
        probe_same(p, "administration", k->route, who, ids[3], &r[3], &r[1]);
    }
    if (admin == (r[2].status == 403)) {
        probe_find(p, "%s as %.*s: %d", k->route, STR_ARG(who->login), r[2].status);
    }
    probe_count(p, "administration", admin);
}

/* --- what is somebody else's stays his --------------------------------------------------- */

static int64_t count(struct probe *p, struct sql sql, int64_t person)
{
    return dbs_i64(p->s->db, &p->a, sql, ARGS(db_i64(person)));
}

static const struct own_thing {
    const char *route, *path, *form;
} own_things[] = {
    {"POST /notifications", "/notifications", "up_to=9000000000000000"},
    {"POST /r/~/view/#", "/r/fault/view/#", "x=1"},
    {"POST /r/~/view", "/r/fault/view", "name=x&query=x"},
    {"POST /inbox/approve", "/inbox/approve", "seat=4242&kind=post.propose"},
    {"POST /me/phrases", "/me/phrases", "phrases=mine"},
    {"POST /me/jobs/#/cancel", "/me/jobs/#/cancel", "x=1"},
    {"GET /me/jobs/#/file", "/me/jobs/#/file", NULL},
    {"POST /r/~/export", "/r/fault/export", "as=csv&query=open%3D1"},
    {"POST /controls/~/evidence", "/controls/faults_accepted/evidence", "old="},
    {"POST /me/token/#/end", "/me/token/#/end", "x=1"},
    {"POST /me/token", "/me/token", "name=x&scopes=read&days=3"},
    {"POST /me/second/begin", "/me/second/begin", "password=x"},
    {"POST /me/second/confirm", "/me/second/confirm", "otp=123456"},
    {"POST /me/second/codes", "/me/second/codes", "password=x&otp=123456"},
    {"POST /me/second/off", "/me/second/off", "password=x&otp=123456"},
    {"POST /me/sessions/~/end", "/me/sessions/~/end", "x=1"},
    {"POST /me/sessions/end", "/me/sessions/end", "x=1"},
    {"POST /me/language", "/me/language", "lang=zh"},
    {"POST /me/theme", "/me/theme", "theme=dark"},
    {"POST /me/password", "/me/password", "old=x&fresh=y&again=z"},
    {"POST /signout", "/signout", "x=1"},
};

/* Everything that belongs to this person beside his records. */
static int64_t belongings(struct probe *p, int64_t person)
{
    int64_t sum = 0;
    sum += count(p, SQL("select count(*) from saved_view where person = $1"), person);
    sum = sum * 100 + count(p, SQL("select count(*) from token where person = $1"), person);
    sum = sum * 100 + count(p, SQL("select count(*) from session where person = $1"), person);
    sum = sum * 1000 +
          count(p, SQL("select count(*) from notification where person = $1 and read_at is null"),
                person);
    sum = sum * 10 +
          count(p, SQL("select count(*) from job where person = $1 and state = 0"), person);
    sum = sum * 10 + count(p, SQL("select lang from account where person = $1"), person);
    sum = sum * 10 +
          count(p, SQL("select count(*) from phrase where person = $1 and words = 'his'"), person);
    return sum;
}

/* By what a session is named in its owner's list: the beginning of its hash. */
static str session_key(struct probe *p, const struct who *w)
{
    str hash = token_hash(&p->a, w->session);
    return enc_hex(&p->a, str_from_n(hash.ptr, 8));
}

static void leave_alone(struct probe *p, const struct who *who, const struct who *other)
{
    int64_t view = 4242; /* and job */
    site_try(p->s);
    dbs_ok(db_exec(p->s->db, &p->a,
                   SQL("insert into saved_view(id, person, type, name, columns, filter, sort,"
                       " shared, at) values ($1, $2, 1, 'his', '', '', '', 1, 1)"),
                   ARGS(db_i64(view), db_i64(other->person))));
    dbs_ok(db_exec(p->s->db, &p->a,
                   SQL("insert into job(id, kind, title_zh, title_en, person, state, done, total,"
                       " created_at, changed_at, input) values ($1, 'file', 'his', 'his', $2, 0,"
                       " 0, 0, 1, 1, 'en')"),
                   ARGS(db_i64(view), db_i64(other->person))));
    dbs_ok(db_exec(p->s->db, &p->a,
                   SQL("insert into phrase(person, no, words) values ($1, 1, 'his')"),
                   ARGS(db_i64(other->person))));
    int64_t before = belongings(p, other->person);
    int64_t token = count(p, SQL("select max(id) from token where person = $1"), other->person);
    for (size_t i = 0; i < sizeof(own_things) / sizeof(own_things[0]); i++) {
        const struct own_thing *k = &own_things[i];
        bool ours = strstr(k->path, "view") || strstr(k->path, "jobs");
        str path = probe_fill(p, k->path, session_key(p, other), ours ? view : token);
        struct reply r = probe_ask(
            p, k->route,
            &(struct site_request){.path = path, .door = DOOR_PAGE, .who = who, .form = k->form});
        if (belongings(p, other->person) != before) {
            probe_find(p, "%s as %.*s: %d, and something of %.*s is changed", k->route,
                       STR_ARG(who->login), r.status, STR_ARG(other->login));
            break;
        }
        probe_count(p, "what is somebody else's", false);
    }
    site_undo(p->s);
}

void probe_desks(struct probe *p)
{
    outside(p);
    watched(p);
    for (size_t i = 0; i < p->s->npeople && probe_goes_on(p); i++) {
        const struct who *who = &p->s->people[i];
        for (size_t k = 0; k < sizeof(open_pages) / sizeof(open_pages[0]); k++) {
            probe_next(p);
            open_to(p, who, open_pages[k].route, str_from(open_pages[k].path), open_pages[k].query);
        }
        if (probe_chosen(p, i, 0, 0)) {
            read_laws(p, who);
        }
        for (size_t k = 0; k < sizeof(admin_pages) / sizeof(admin_pages[0]); k++) {
            probe_next(p);
            administer(p, who, &admin_pages[k]);
        }
        probe_next(p);
        leave_alone(p, who, &p->s->people[(i + 1) % p->s->npeople]);
    }
}
