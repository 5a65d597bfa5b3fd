/* seats_page.c - the open seats of somebody who leaves, handed over by an administrator;
 * and several consents at once from the inbox. */
#include "page/seats_page.h"

#include "base/arena.h"
#include "page/admin_page.h"
#include "page/page.h"
#include "page/several.h"

#include "gen/seats.html.h"
#include "gen/several.html.h"

enum { PAGE_ROWS = 50 };

static str fresh_key(struct visit *v)
{
    return str_fmt(v->ctx.arena, "%llx",
                   (unsigned long long)v->x->req.id ^ (unsigned long long)v->ctx.now << 16);
}

static int64_t number_of(struct visit *v, str name)
{
    int64_t n;
    return str_to_i64(visit_param(v, name), &n) && n > 0 ? n : 0;
}

/* What is named in the form under `seat`; returns how many. */
static size_t ticked(const struct visit *v, int64_t *ret)
{
    size_t n = 0;
    const struct http_params *ps = &v->x->req.form;
    for (size_t i = 0; i < ps->len && n < SEATS_MAX; i++) {
        n += str_eq(ps->ptr[i].name, STR("seat")) && str_to_i64(ps->ptr[i].value, &ret[n]);
    }
    return n;
}

/* --- somebody who leaves ---------------------------------------------------------------------- */

static err person_of(struct visit *v, struct record *rec)
{
    return v->model->person ? record_get(&v->ctx, v->model->person, v->num[0], rec)
                            : err_make(ERR_NOT_FOUND, STR("person"));
}

static void show_seats(struct visit *v, struct words error, int status)
{
    struct record rec;
    struct seat_row *rows = NULL;
    struct seats_page p = {.visit = v,
                           .error = error,
                           .csrf = v->session.csrf,
                           .key = fresh_key(v),
                           .to = visit_param(v, STR("to")),
                           .note = visit_param(v, STR("note")),
                           .before = number_of(v, STR("before"))};
    err e = person_of(v, &rec);
    e = e.code ? e : seats_held(&v->ctx, rec.id, p.before, PAGE_ROWS, &rows, &p.rows.len, &p.next);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.person = rec.id;
    p.name = rec.name;
    p.person_type = v->model->person->key;
    p.rows.ptr = rows;
    struct frame f;
    struct html out = frame_begin(
        v, &f, frame_title(v, WORDS("待审批的席位", "Open seats"), rec.name), STR("admin"));
    seats_html(&out, &p);
    frame_end(v, &f, &out, status);
}

void page_admin_seats(struct visit *v)
{
    if (admin_is(v, true)) {
        show_seats(v, (struct words){0}, 200);
    }
}

struct handover {
    int64_t next; /* where the rest begins; 0: there is none */
    str name;
};

static void handed_over(struct visit *v, struct several *s)
{
    const struct handover *h = s->user;
    url here = url_local(str_fmt(v->ctx.arena, "/admin/seats/%lld", (long long)v->num[0]));
    struct several_page p = {.title = WORDS("移交席位", "Seats handed over"),
                             .up = here,
                             .up_words = h->name,
                             .back = here,
                             .back_words = WORDS("返回此人的席位", "Back to the seats"),
                             .summary = several_summary(v, s),
                             .items = {s->items, s->n},
                             .more = h->next ? here : (url){.text = STR("")},
                             .csrf = v->session.csrf,
                             .key = fresh_key(v),
                             .to = visit_param(v, STR("to")),
                             .note = s->note,
                             .before = h->next};
    struct frame f;
    struct html out = frame_begin(v, &f, frame_title(v, p.title, h->name), STR("admin"));
    several_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

static struct several_item transfer_of(struct visit *v, const struct seat_row *s)
{
    struct value_in *values = arena_array(v->ctx.arena, struct value_in, 2);
    values[0] = (struct value_in){.field = STR("seat"),
                                  .text = str_fmt(v->ctx.arena, "%lld", (long long)s->id)};
    values[1] =
        (struct value_in){.field = STR("person"), .text = str_trim(visit_param(v, STR("to")))};
    return (struct several_item){.type = s->rec.type->key,
                                 .record = s->rec.id,
                                 .name = show_ref_name(&s->rec),
                                 .href = show_ref_url(v, &s->rec),
                                 .values = values,
                                 .nvalues = 2};
}

static bool among(const int64_t *ids, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* All of his own from `before` on, or those that are ticked. */
static err choose(struct visit *v, int64_t person, struct several *s, int64_t *next)
{
    bool all = visit_param(v, STR("all")).len > 0;
    int64_t ids[SEATS_MAX];
    size_t nids = ticked(v, ids);
    struct seat_row *rows;
    size_t n;
    err e = seats_held(&v->ctx, person, number_of(v, STR("before")), SEATS_MAX, &rows, &n, next);
    if (e.code) {
        return e;
    }
    s->items = arena_array(v->ctx.arena, struct several_item, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (all ? rows[i].own : among(ids, nids, rows[i].id)) {
            s->items[s->n++] = transfer_of(v, &rows[i]);
        }
    }
    *next = all ? *next : 0;
    return OK;
}

void page_admin_seats_post(struct visit *v)
{
    struct record rec;
    struct handover *h = arena_new(v->ctx.arena, struct handover);
    struct several *s = arena_new(v->ctx.arena, struct several);
    if (!admin_is(v, true)) {
        return;
    }
    *s = (struct several){.action = STR("approve.transfer"),
                          .note = str_trim(visit_param(v, STR("note"))),
                          .show = handed_over,
                          .user = h};
    err e = person_of(v, &rec);
    *h = (struct handover){.name = e.code ? STR("") : rec.name};
    e = e.code ? e : choose(v, rec.id, s, &h->next);
    if (e.code) {
        visit_error(v, e);
    } else if (!str_trim(visit_param(v, STR("to"))).len || !s->note.len) {
        show_seats(v, WORDS("请选择接手人，并写明理由。", "Choose who takes over, and say why."),
                   422);
    } else if (!s->n && !h->next) {
        show_seats(
            v, WORDS("没有选中仍可移交的席位。", "No seat that could be handed over was chosen."),
            422);
    } else {
        several_run(v, s);
    }
}

/* --- several consents at once --------------------------------------------------------------- */

static void decided(struct visit *v, struct several *s)
{
    url inbox = url_local(STR("/inbox"));
    struct several_page p = {.title = WORDS("一并同意", "Approved together"),
                             .up = inbox,
                             .up_words = words_in(WORDS("待办", "Inbox"), v->ctx.lang),
                             .back = inbox,
                             .back_words = WORDS("返回待办", "Back to the inbox"),
                             .summary = several_summary(v, s),
                             .items = {s->items, s->n}};
    struct frame f;
    struct html out = frame_begin(v, &f, words_in(p.title, v->ctx.lang), STR("inbox"));
    several_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

str seats_kind(struct visit *v, const struct type *t, const struct action *a)
{
    return a ? str_fmt(v->ctx.arena, "%.*s.%.*s", STR_ARG(t->key), STR_ARG(a->key)) : STR("");
}

static struct several_item consent_of(struct visit *v, const struct seat_row *s, str kind)
{
    struct value_in *values = arena_array(v->ctx.arena, struct value_in, 3);
    values[0] = (struct value_in){.field = STR("seat"),
                                  .text = str_fmt(v->ctx.arena, "%lld", (long long)s->id)};
    values[1] = (struct value_in){.field = STR("vote"), .text = STR("approve")};
    values[2] = (struct value_in){.field = STR("hash"), .text = s->hash};
    struct several_item x = {
        .type = s->rec.type->key,
        .record = s->rec.id,
        .name = show_ref_name(&s->rec),
        .href =
            url_local(str_fmt(v->ctx.arena, "/r/%.*s/%lld/approval/vote?seat=%lld",
                              STR_ARG(s->rec.type->key), (long long)s->rec.id, (long long)s->id)),
        .values = values,
        .nvalues = 3};
    if (!s->decides) {
        x.words =
            WORDS("这个席位现在不等您表态。", "This seat does not wait for your decision now.");
    } else if (!s->viewed) {
        x.words = WORDS("您还没有打开过它。", "You have not opened it yet.");
        x.remedy = WORDS("先打开看过内容，再一并同意。", "Open it and look at the content first.");
    } else if (!str_eq(seats_kind(v, s->rec.type, s->action), kind)) {
        x.words = WORDS("与所选的不是同一种审批。",
                        "It is another kind of approval than the one chosen.");
        x.remedy = WORDS("各种审批分别办理。", "Decide on each kind by itself.");
    }
    x.left_out = x.words.zh.len > 0;
    return x;
}

void page_inbox_approve(struct visit *v)
{
    int64_t ids[SEATS_MAX];
    size_t nids = ticked(v, ids);
    struct seat_row *rows = NULL;
    size_t n = 0;
    str kind = visit_param(v, STR("kind"));
    struct several *s = arena_new(v->ctx.arena, struct several);
    err e = seats_named(&v->ctx, ids, nids, &rows, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    if (!n) {
        visit_redirect(v, STR("/inbox"));
        return;
    }
    *s = (struct several){.action = STR("approve.vote"),
                          .note = str_trim(visit_param(v, STR("note"))),
                          .items = arena_array(v->ctx.arena, struct several_item, n + 1),
                          .n = n,
                          .show = decided};
    for (size_t i = 0; i < n; i++) {
        s->items[i] = consent_of(v, &rows[i], kind);
    }
    several_run(v, s);
}
