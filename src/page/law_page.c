#include "page/law_page.h"

#include "base/arena.h"
#include "base/enc.h"
#include "base/markdown.h"
#include "ledger/ledger.h"
#include "page/compliance_page.h"
#include "page/control_page.h"
#include "page/duty_page.h"
#include "page/page.h"

#include "gen/law.html.h"

enum { USES_MAX = 12, CHAPTERS_MAX = 20, CONTROLS_SHOWN = 8, DUTIES_SHOWN = 8 };

html_safe law_text(const struct visit *v, struct words w)
{
    return markdown_html(v->ctx.arena, words_in(w, v->ctx.lang));
}

static str owner_of(struct visit *v, const struct law *l)
{
    for (size_t i = 0; i < l->nposts; i++) {
        if (str_eq(l->posts[i].key, l->owner)) {
            return words_in(l->posts[i].words, v->ctx.lang);
        }
    }
    return words_in(l->owner_words, v->ctx.lang);
}

static str when_of(struct visit *v, const struct law *l)
{
    return l->published_at ? show_time(v, l->published_at) : STR("");
}

/* --- library -------------------------------------------------------------------------- */

static bool same_words(struct words a, struct words b)
{
    return str_eq(a.zh, b.zh) && str_eq(a.en, b.en);
}

static struct library_law library_law(struct visit *v, const struct law *l)
{
    struct words *chapters = arena_array(v->ctx.arena, struct words, CHAPTERS_MAX);
    struct library_law r = {.key = l->reg->key,
                            .title = words_in(l->title, v->ctx.lang),
                            .owner = owner_of(v, l),
                            .when = when_of(v, l),
                            .version = l->version,
                            .clauses = (int64_t)l->nclauses};
    size_t n = 0;
    for (size_t i = 0; i < l->nclauses; i++) {
        const struct clause *c = &l->clauses[i];
        r.cited += c->cited;
        r.manual += !c->cited;
        bool fresh = (c->chapter.zh.len || c->chapter.en.len) &&
                     (n == 0 || !same_words(chapters[n - 1], c->chapter));
        if (fresh && n < CHAPTERS_MAX) {
            chapters[n++] = c->chapter;
        }
    }
    r.chapters = (struct words_list){chapters, n};
    return r;
}

void page_library(struct visit *v)
{
    struct library_law *laws = arena_array(v->ctx.arena, struct library_law, v->model->nregs + 1);
    for (size_t i = 0; i < v->model->nregs; i++) {
        laws[i] = library_law(v, v->model->regs[i]->newest);
    }
    struct library_page p = {.laws = {laws, v->model->nregs}};
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("制度", "Regulations"), v->ctx.lang), STR("law"));
    law_library_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- what executes a clause ----------------------------------------------------------------- */

struct uses {
    struct visit *v;
    const struct clause *clause;
    struct law_use *list;
    size_t len;
};

static void use(struct uses *u, const struct clause *c, const struct tdef *d, struct words what,
                struct words kind)
{
    if (c != u->clause || u->len >= USES_MAX) {
        return;
    }
    enum lang lang = u->v->ctx.lang;
    str t = words_in(
        d->title.zh.len || d->title.en.len ? d->title : (struct words){d->type->key, d->type->key},
        lang);
    str w = words_in(what, lang);
    str k = words_in(kind, lang);
    bool page = !d->part_of && !d->type->lines;
    u->list[u->len++] = (struct law_use){
        page ? d->type->key : STR(""),
        w.len ? str_fmt(u->v->ctx.arena, "%.*s %.*s · %.*s", STR_ARG(k), STR_ARG(w), STR_ARG(t))
              : str_fmt(u->v->ctx.arena, "%.*s · %.*s", STR_ARG(k), STR_ARG(t))};
}

static void uses_of_type(struct uses *u, const struct tdef *d)
{
    for (size_t i = 0; i < d->nactions; i++) {
        const struct action *a = &d->actions[i];
        use(u, a->clause, d, a->words, WORDS("操作", "action"));
        for (size_t k = 0; k < a->nneeds; k++) {
            if (!a->needs[k].apart && a->needs[k].check.clause != a->clause) {
                use(u, a->needs[k].check.clause, d, a->needs[k].check.words,
                    WORDS("条件", "condition"));
            }
        }
        for (int k = 0; a->route && k < a->route->plan.n; k++) {
            const struct route_node *n = &a->route->nodes[k];
            if (n->clause != a->clause) {
                use(u, n->clause, d, n->words.zh.len ? n->words : a->words,
                    WORDS("审批环节", "approval"));
            }
        }
    }
    for (size_t i = 0; i < d->nfields; i++) {
        use(u, d->fields[i].clause, d, d->fields[i].words, WORDS("栏目", "field"));
    }
    for (size_t i = 0; i < d->nrules; i++) {
        use(u, d->rules[i].check.clause, d, d->rules[i].check.words, WORDS("规则", "rule"));
    }
    for (size_t i = 0; i < d->nterms; i++) {
        use(u, d->terms[i].clause, d, d->terms[i].words, WORDS("时限", "deadline"));
    }
    for (size_t i = 0; i < d->nuniques; i++) {
        use(u, d->uniques[i].clause, d, (struct words){0}, WORDS("不得重复", "unique"));
    }
}

/* Duties kept apart: of a type's actions, or of positions. */
static void uses_of_aparts(struct uses *u, const struct law *l)
{
    const struct type *post = u->v->model->post;
    for (size_t i = 0; i < l->naparts; i++) {
        const struct apart *x = &l->aparts[i];
        const struct tdef *d = x->of ? x->of : post ? post->newest : NULL;
        if (d) {
            use(u, x->clause, d, x->words, WORDS("职责分离", "apart"));
        }
    }
}

/* What came of controls and duties. */
struct law_marks {
    struct open_at *open; /* by place of the clause; NULL: of an earlier version */
    struct control_result *controls;
    size_t ncontrols;
    struct duty_result *duties;
    size_t nduties;
};

/* The controls of each article, with what came of them. */
static void put_controls(struct visit *v, const struct law_page *p, struct law_article *a,
                         const struct control_result *results, size_t n)
{
    struct law_control *list = arena_array(v->ctx.arena, struct law_control, CONTROLS_SHOWN);
    size_t k = 0;
    for (size_t i = 0; i < n && k < CONTROLS_SHOWN && !p->old; i++) {
        if (results[i].def->clause == a->clause) {
            list[k++] = (struct law_control){&results[i], control_class(results[i].state),
                                             show_when(v, results[i].as_of)};
        }
    }
    a->controls.ptr = list;
    a->controls.len = k;
}

static struct law_open law_open(struct visit *v, const struct type *t, const struct clause *c,
                                const struct open_count *n, struct words many, struct words one)
{
    if (!n->n) {
        return (struct law_open){0};
    }
    str w = words_in(n->n == 1 && !n->more ? one : many, v->ctx.lang);
    return (struct law_open){.n = n->n,
                             .words = str_fmt(v->ctx.arena, "%lld%s %.*s", (long long)n->n,
                                              n->more ? "+" : "", STR_ARG(w)),
                             .filter = control_open_filter(&v->ctx, t, c)};
}

/* What is open there, and for what a waiver can be asked. */
static void put_open(struct visit *v, struct law_article *a, const struct law_marks *m)
{
    const struct law *l = a->clause->law;
    if (!m->open) {
        return;
    }
    const struct open_at *open = &m->open[a->clause - l->clauses];
    a->findings =
        law_open(v, v->model->finding, a->clause, &open->findings,
                 WORDS("件问题未销号", "open findings"), WORDS("件问题未销号", "open finding"));
    a->waivers =
        law_open(v, v->model->waiver, a->clause, &open->waivers,
                 WORDS("件例外有效", "waivers in force"), WORDS("件例外有效", "waiver in force"));
    a->ask = control_may_ask(v) && !str_eq(a->class, STR("none"));
    const struct cdef **judged = arena_array(v->ctx.arena, const struct cdef *, l->ncontrols + 1);
    a->judged.ptr = judged;
    for (size_t i = 0; i < l->ncontrols; i++) {
        if (l->controls[i].clause == a->clause && l->controls[i].over) {
            judged[a->judged.len++] = &l->controls[i];
        }
    }
}

/* Does a program judge it, rather than somebody who answers? */
static bool has_judged(const struct law_article *a)
{
    for (size_t i = 0; i < a->controls.len; i++) {
        if (!a->controls.ptr[i].r->def->manual) {
            return true;
        }
    }
    return false;
}

/* The duties that carry it out, likewise. */
static void put_duties(struct visit *v, const struct law_page *p, struct law_article *a,
                       const struct law_marks *m)
{
    struct law_duty *list = arena_array(v->ctx.arena, struct law_duty, DUTIES_SHOWN);
    size_t k = 0;
    for (size_t i = 0; i < m->nduties && k < DUTIES_SHOWN && !p->old; i++) {
        if (m->duties[i].def->clause == a->clause) {
            list[k++] = (struct law_duty){&m->duties[i], control_class(m->duties[i].state)};
        }
    }
    a->duties.ptr = list;
    a->duties.len = k;
}

static void put_articles(struct visit *v, const struct law *l, struct law_page *p,
                         const struct law_marks *m)
{
    struct law_article *list = arena_array(v->ctx.arena, struct law_article, l->nclauses + 1);
    for (size_t i = 0; i < l->nclauses; i++) {
        const struct clause *c = &l->clauses[i];
        struct law_article *a = &list[i];
        a->clause = c;
        bool fresh = i == 0 || !same_words(c->chapter, l->clauses[i - 1].chapter);
        a->chapter = fresh ? c->chapter : (struct words){0};
        struct uses u = {
            .v = v, .clause = c, .list = arena_array(v->ctx.arena, struct law_use, USES_MAX)};
        for (size_t k = 0; k < l->ntdefs; k++) {
            uses_of_type(&u, l->tdefs[k]);
        }
        uses_of_aparts(&u, l);
        for (size_t k = 0; k < l->nsettings && u.len < USES_MAX; k++) {
            const struct setting *s = &l->settings[k];
            if (s->clause == c) {
                str name = words_in(s->words, v->ctx.lang);
                u.list[u.len++] = (struct law_use){
                    STR(""), str_fmt(v->ctx.arena, "%.*s = %.*s", STR_ARG(name.len ? name : s->key),
                                     STR_ARG(s->written))};
            }
        }
        put_controls(v, p, a, m->controls, m->ncontrols);
        put_duties(v, p, a, m);
        a->items = clause_items(v->ctx.arena, c);
        a->uses.ptr = u.list;
        a->uses.len = u.len;
        a->more = u.len == USES_MAX;
        bool alive = u.len || has_judged(a) || a->duties.len;
        bool by_people = !alive && (a->controls.len || frame_has_words(c->manual));
        a->class = alive ? STR("alive") : by_people ? STR("manual") : STR("none");
        put_open(v, a, m);
        p->cited += alive;
        p->manual += by_people;
    }
    p->articles.ptr = list;
    p->articles.len = l->nclauses;
}

/* An earlier version says so first. */
static str title_of(struct visit *v, const struct law_page *p)
{
    bool en = v->ctx.lang == LANG_EN;
    return p->old ? str_fmt(v->ctx.arena, en ? "Version %lld · %.*s" : "第 %lld 版 · %.*s",
                            (long long)p->version, STR_ARG(p->title))
                  : p->title;
}

static void show_law(struct visit *v, const struct reg *r, const struct law *l)
{
    struct law_page p = {.visit = v,
                         .law = l,
                         .key = r->key,
                         .title = words_in(l->title, v->ctx.lang),
                         .owner = owner_of(v, l),
                         .when = when_of(v, l),
                         .version = l->version,
                         .old = l != r->newest};
    struct law_version *versions = arena_array(v->ctx.arena, struct law_version, r->nlaws + 1);
    for (size_t i = 0; i < r->nlaws; i++) {
        const struct law *x = r->laws[r->nlaws - 1 - i];
        versions[i] = (struct law_version){x->version, when_of(v, x), x == l};
    }
    p.versions.ptr = versions;
    p.versions.len = r->nlaws > 1 ? r->nlaws : 0;
    struct law_marks m = {0};
    struct batch *open = p.old ? NULL : control_open_ask(&v->ctx, l);
    struct duty_asked duties = duty_results_ask(&v->ctx);
    err e = control_results(&v->ctx, &m.controls, &m.ncontrols);
    e = e.code ? e : duty_results_read(&v->ctx, &duties, &m.duties, &m.nduties);
    e = e.code || !open ? e : control_open_read(&v->ctx, open, l, &m.open);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    put_articles(v, l, &p, &m);
    struct frame f;
    struct html out = frame_begin(v, &f, title_of(v, &p), STR("law"));
    law_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

void page_law(struct visit *v)
{
    const struct reg *r = model_reg(v->model, v->seg[0]);
    if (!r) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("regulation")));
        return;
    }
    show_law(v, r, r->newest);
}

void page_law_version(struct visit *v)
{
    const struct reg *r = model_reg(v->model, v->seg[0]);
    for (size_t i = 0; r && i < r->nlaws; i++) {
        if (r->laws[i]->version == v->num[1]) {
            show_law(v, r, r->laws[i]);
            return;
        }
    }
    visit_error(v, err_make(ERR_NOT_FOUND, STR("version")));
}

/* --- proofs --------------------------------------------------------------------------------- */

void page_proof(struct visit *v)
{
    struct proof_page p = {.visit = v, .seq = v->num[0]};
    bool whole = true;
    err e = record_by_seq(&v->ctx, p.seq, &p.record, &whole);
    struct ledger_entry entry;
    if (!e.code) {
        e = ledger_get(v->ctx.db, v->ctx.arena, p.seq, &entry);
    }
    if (!e.code) {
        e = record_by_object(&v->ctx, entry.actor, &p.who);
    }
    struct ledger_view *view;
    if (!e.code) {
        e = ledger_view(v->ctx.db, v->ctx.arena, &view);
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct note_checkpoint cp;
    err none = ledger_view_checkpoint(view, p.seq, &p.checkpoint, &cp);
    p.ready = none.code == ERR_NONE;
    p.size = ledger_view_size(view);
    p.recorded = show_time(v, entry.recorded_ms);
    p.actor = entry.actor;
    p.object = entry.object;
    p.digest = enc_hex(v->ctx.arena, str_from_n((const char *)&entry.digest, sizeof(entry.digest)));
    p.payload = entry.erased ? words_in(WORDS("（已依法删除）", "(erased by law)"), v->ctx.lang)
                : !whole ? words_in(WORDS("（含有您无权查看的栏目，内容不显示，证明仍然有效）",
                                          "(Holds a field you may not see, so the content is not "
                                          "shown.  The proof holds without it.)"),
                                    v->ctx.lang)
                         : entry.payload;
    struct frame f;
    struct html out = frame_begin(
        v, &f,
        frame_title(v, WORDS("存证", "Proof"), str_fmt(v->ctx.arena, "#%lld", (long long)p.seq)),
        STR(""));
    proof_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

void page_proof_file(struct visit *v)
{
    struct record_ref ref;
    bool whole = true;
    err e = record_by_seq(&v->ctx, v->num[0], &ref, &whole);
    struct ledger_view *view;
    str text;
    if (!e.code) {
        e = ledger_view(v->ctx.db, v->ctx.arena, &view);
    }
    if (!e.code) {
        e = ledger_export(view, v->num[0], whole, &text);
    }
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->x->res = (struct http_response){
        .status = 200, .type = STR("text/plain; charset=utf-8"), .body = text, .file = -1};
    http_header_add(
        v->x, STR("Content-Disposition"),
        str_fmt(v->ctx.arena, "attachment; filename=\"proof-%lld.txt\"", (long long)v->num[0]));
    http_header_add(v->x, STR("Cache-Control"), STR("no-store"));
}
