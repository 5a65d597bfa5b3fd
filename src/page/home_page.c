#include "page/home_page.h"

#include "base/arena.h"
#include "base/clock.h"
#include "engine/post.h"
#include "engine/schema.h"
#include "page/page.h"
#include "page/seats_page.h"

#include "gen/home.html.h"

/* --- assets --------------------------------------------------------------------------- */

static bool accepts(const struct visit *v, str coding)
{
    return str_has(http_param(&v->x->req.headers, STR("accept-encoding")), coding);
}

void page_asset(struct visit *v)
{
    const struct asset *a = asset_find(v->x->req.path);
    struct http_response *res = &v->x->res;
    if (!a) {
        *res = (struct http_response){.status = 404,
                                      .type = STR("text/plain; charset=utf-8"),
                                      .body = STR("404\n"),
                                      .constant = true,
                                      .file = -1};
        return;
    }
    bool same = str_eq(http_param(&v->x->req.headers, STR("if-none-match")), a->etag);
    bool br = a->br.len && accepts(v, STR("br"));
    bool gz = !br && a->gz.len && accepts(v, STR("gzip"));
    *res = (struct http_response){.status = same ? 304 : 200,
                                  .type = a->type,
                                  .body = same ? STR("")
                                          : br ? a->br
                                          : gz ? a->gz
                                               : a->raw,
                                  .constant = true,
                                  .file = -1};
    http_header_add(v->x, STR("ETag"), a->etag);
    http_header_add(v->x, STR("Cache-Control"), STR("public, max-age=31536000, immutable"));
    http_header_add(v->x, STR("Vary"), STR("Accept-Encoding"));
    if (!same && (br || gz)) {
        http_header_add(v->x, STR("Content-Encoding"), br ? STR("br") : STR("gzip"));
    }
}

/* --- home and inbox ----------------------------------------------------------------------- */

url home_task_url(const struct visit *v, const struct task_row *t)
{
    if (t->kind == TASK_APPROVAL && t->rec.type) { /* it knows what is his to do there */
        return url_local(str_fmt(v->ctx.arena, "/r/%.*s/%lld/approval/vote",
                                 STR_ARG(t->rec.type->key), (long long)t->rec.id));
    }
    if (t->action && t->rec.type) {
        return url_local(str_fmt(v->ctx.arena, "/r/%.*s/%lld/do/%.*s", STR_ARG(t->rec.type->key),
                                 (long long)t->rec.id, STR_ARG(t->action->key)));
    }
    return show_ref_url(v, &t->rec);
}

str home_late(const struct visit *v, const struct task_row *t)
{
    return show_due_class(v, t->due);
}

static str hello(struct visit *v)
{
    int hour = clock_civil_at(v->ctx.now, v->model->zone_minutes).hour;
    struct words w = hour < 6    ? WORDS("夜深了", "Good night")
                     : hour < 12 ? WORDS("上午好", "Good morning")
                     : hour < 18 ? WORDS("下午好", "Good afternoon")
                                 : WORDS("晚上好", "Good evening");
    str s = words_in(w, v->ctx.lang);
    return str_fmt(v->ctx.arena, v->ctx.lang == LANG_EN ? "%.*s, %.*s" : "%.*s，%.*s", STR_ARG(s),
                   STR_ARG(v->session.name));
}

/* "11月26日 星期四", "Thursday, 26 November". */
static str today_words(struct visit *v)
{
    static const struct words names[] = {
        WORDS_INIT("星期日", "Sunday"),   WORDS_INIT("星期一", "Monday"),
        WORDS_INIT("星期二", "Tuesday"),  WORDS_INIT("星期三", "Wednesday"),
        WORDS_INIT("星期四", "Thursday"), WORDS_INIT("星期五", "Friday"),
        WORDS_INIT("星期六", "Saturday")};
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    struct clock_civil c = clock_civil_day(v->ctx.today);
    int64_t day = ((v->ctx.today + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    str name = words_in(names[day], v->ctx.lang);
    return v->ctx.lang == LANG_EN
               ? str_fmt(v->ctx.arena, "%.*s, %d %s %d", STR_ARG(name), c.day,
                         months[(c.month + 11) % 12], c.year)
               : str_fmt(v->ctx.arena, "%d年%d月%d日 %.*s", c.year, c.month, c.day, STR_ARG(name));
}

static void put_laws(struct visit *v, struct home_page *p)
{
    struct home_law *laws = arena_array(v->ctx.arena, struct home_law, v->model->nregs + 1);
    for (size_t i = 0; i < v->model->nregs; i++) {
        const struct law *l = v->model->regs[i]->newest;
        laws[i] = (struct home_law){.key = l->reg->key,
                                    .title = words_in(l->title, v->ctx.lang),
                                    .version = l->version,
                                    .clauses = (int64_t)l->nclauses};
        for (size_t k = 0; k < l->nclauses; k++) {
            laws[i].cited += l->clauses[k].cited;
        }
    }
    p->laws.ptr = laws;
    p->laws.len = v->model->nregs;
}

/* Keeps what is not in a final state, at most so many. */
static size_t still_open(struct task_row *rows, size_t n, size_t most)
{
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < most; i++) {
        if (!rows[i].state || !rows[i].state->final) {
            rows[kept++] = rows[i];
        }
    }
    return kept;
}

void page_home(struct visit *v)
{
    struct desk_ask_box boxes[] = {{.box = DESK_TODO, .limit = 8}, {.box = DESK_MINE, .limit = 40}};
    err e = desk_boxes(&v->ctx, boxes, 2);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    size_t nmine = still_open(boxes[1].rows, boxes[1].n, 8);
    bool begin = !boxes[0].n && !boxes[1].n;
    bool first = false;
    e = begin ? post_held(&v->ctx, POSITION_ADMINISTRATOR, &first) : OK;
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct frame f;
    struct html out = frame_begin(v, &f, words_in(WORDS("首页", "Home"), v->ctx.lang), STR("home"));
    struct home_page p = {.visit = v,
                          .hello = hello(v),
                          .date = today_words(v),
                          .tasks = visit_counts(v).tasks,
                          .late = visit_counts(v).late,
                          .unread = visit_counts(v).unread,
                          .news = f.news,
                          .todo = {boxes[0].rows, boxes[0].n},
                          .mine = {boxes[1].rows, nmine},
                          .begin = begin,
                          .first = first};
    put_laws(v, &p);
    home_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

static const struct box {
    enum desk_box box;
    const char *key;
    struct words words, nothing;
} boxes[] = {
    {DESK_TODO, "todo", WORDS_INIT("待办", "To do"),
     WORDS_INIT(
         "没有待办事项。轮到您办理的会出现在这里，最紧急的在前。",
         "There is nothing to do.  What waits for you appears here, the most urgent first.")},
    {DESK_DONE, "done", WORDS_INIT("已办", "Done"),
     WORDS_INIT(
         "您还没有办理过事项。办完的待办会列在这里，最近的在前。",
         "You have not done anything yet.  Tasks you finish are listed here, the latest first.")},
    {DESK_MINE, "mine", WORDS_INIT("我发起的", "Started by me"),
     WORDS_INIT("您还没有发起任何单据。点右上角的“新建”开始第一张，之后在这里跟踪它的进展。",
                "You have not started anything yet.  Begin with New at the top; what you started "
                "is followed here.")},
    {DESK_COPIED, "copied", WORDS_INIT("抄送我的", "Copies to me"),
     WORDS_INIT("没有抄送给您的审批。别人抄送给您阅知的会列在这里，未读的有标记。",
                "No copies for you.  Approvals that others send you to read are listed here; what "
                "you have not read is marked.")},
    {DESK_WATCHED, "watched", WORDS_INIT("我关注的", "Watched"),
     WORDS_INIT("您还没有关注任何记录。在记录页右上角点“关注”，它的进展就会通知您。",
                "You do not watch anything yet.  Press Watch on a record and you will be told of "
                "its progress.")},
};

static const struct seat_row *seat_among(const struct seat_row *list, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].id == id) {
            return list[i].decides ? &list[i] : NULL;
        }
    }
    return NULL;
}

static void put_kind(struct visit *v, const struct seat_row *s, struct inbox_kind *kinds, size_t *n)
{
    str key = seats_kind(v, s->rec.type, s->action);
    for (size_t i = 0; i < *n; i++) {
        if (str_eq(kinds[i].key, key)) {
            return;
        }
    }
    if (key.len) {
        kinds[(*n)++] = (struct inbox_kind){key, s->rec.type->newest->title, s->action->words};
    }
}

/* Which of them are seats that he decides on, and has looked at: asked only where an
 * approval is among them. */
static err put_seats(struct visit *v, struct inbox_page *p, struct task_row *rows)
{
    int64_t *ids = arena_array(v->ctx.arena, int64_t, p->rows.len + 1);
    struct inbox_kind *kinds = arena_array(v->ctx.arena, struct inbox_kind, p->rows.len + 1);
    struct seat_row *seats = NULL;
    size_t nids = 0;
    size_t n = 0;
    for (size_t i = 0; i < p->rows.len; i++) {
        if (rows[i].seat) {
            ids[nids++] = rows[i].seat;
        }
    }
    err e = seats_named(&v->ctx, ids, nids, &seats, &n);
    p->kinds.ptr = kinds;
    for (size_t i = 0; !e.code && i < p->rows.len; i++) {
        const struct seat_row *s = seat_among(seats, n, rows[i].seat);
        rows[i].seat = s ? s->id : 0;
        rows[i].opened = s && s->viewed;
        if (s) {
            put_kind(v, s, kinds, &p->kinds.len);
        }
    }
    if (e.code || !p->kinds.len) {
        return e;
    }
    struct phrases *own = arena_new(v->ctx.arena, struct phrases);
    e = phrases_get(&v->ctx, own);
    p->phrases = (struct str_list){own->text, own->n};
    p->csrf = v->session.csrf;
    p->key = str_fmt(v->ctx.arena, "%llx",
                     (unsigned long long)v->x->req.id ^ (unsigned long long)v->ctx.now << 16);
    return e;
}

void page_inbox(struct visit *v)
{
    enum { N = sizeof(boxes) / sizeof(boxes[0]), ROWS = 25 };
    str want = visit_param(v, STR("box"));
    const struct box *here = &boxes[0];
    struct inbox_tab *tabs = arena_array(v->ctx.arena, struct inbox_tab, N);
    for (size_t i = 0; i < N; i++) {
        here = str_eq(want, str_from(boxes[i].key)) ? &boxes[i] : here;
    }
    for (size_t i = 0; i < N; i++) {
        tabs[i] = (struct inbox_tab){str_from(boxes[i].key), boxes[i].words, &boxes[i] == here};
    }
    struct inbox_page p = {.visit = v,
                           .title = words_in(here->words, v->ctx.lang),
                           .box = str_from(here->key),
                           .nothing = words_in(here->nothing, v->ctx.lang),
                           .cases = here->box != DESK_TODO,
                           .of = here->box,
                           .tabs = {tabs, N}};
    struct task_row *rows;
    err e =
        desk_tasks(&v->ctx, here->box, visit_param(v, STR("p")), ROWS, &rows, &p.rows.len, &p.next);
    e = e.code || here->box != DESK_TODO ? e : put_seats(v, &p, rows);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.rows.ptr = rows;
    p.tasks = visit_counts(v).tasks;
    struct frame f;
    struct html out =
        frame_begin(v, &f, p.title, here->box == DESK_MINE ? STR("mine") : STR("inbox"));
    inbox_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

/* --- notifications ---------------------------------------------------------------------------- */

void page_notifications(struct visit *v)
{
    int64_t before = 0;
    if (!str_to_i64(visit_param(v, STR("before")), &before)) {
        before = 0;
    }
    struct notifications_page p = {.visit = v, .csrf = v->session.csrf};
    struct notification_row *rows;
    err e = desk_notifications(&v->ctx, before, 50, &rows, &p.rows.len);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    p.rows.ptr = rows;
    p.older = p.rows.len == 50 ? rows[49].id : 0;
    p.last = !before && p.rows.len && visit_counts(v).unread ? rows[0].id : 0;
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("通知", "Notifications"), v->ctx.lang), STR(""));
    notifications_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

static void read_done(struct visit *v)
{
    if (v->act.result.code) {
        visit_error(v, v->act.result);
        return;
    }
    visit_redirect(v, STR("/notifications"));
}

void page_notifications_read(struct visit *v)
{
    struct value_in *up_to = arena_new(v->ctx.arena, struct value_in);
    *up_to = (struct value_in){.field = STR("up_to"), .text = visit_param(v, STR("up_to"))};
    v->act = (struct act){.action = STR("read_notifications"), .values = up_to, .nvalues = 1};
    visit_submit(v, read_done);
}

/* --- search --------------------------------------------------------------------------------- */

html_safe search_snippet(const struct visit *v, const struct search_hit *h)
{
    struct html out = {.arena = v->ctx.arena,
                       .buf = arena_bytes(v->ctx.arena, 512),
                       .cap = 512,
                       .lang = v->ctx.lang};
    size_t from = 0;
    for (size_t i = 0; i < h->snippet.len; i++) {
        char c = h->snippet.ptr[i];
        if (c == '\x01' || c == '\x02') {
            html_text(&out, str_from_n(h->snippet.ptr + from, i - from));
            if (c == '\x01') {
                html_lit(&out, "<mark>", 6);
            } else {
                html_lit(&out, "</mark>", 7);
            }
            from = i + 1;
        }
    }
    if (h->snippet.len) {
        html_text(&out, str_from_n(h->snippet.ptr + from, h->snippet.len - from));
    }
    return (html_safe){.html = html_end(&out)};
}

void page_search(struct visit *v)
{
    struct search_page p = {.visit = v, .query = str_trim(visit_param(v, STR("q")))};
    int64_t older = 0;
    if (!str_to_i64(visit_param(v, STR("older")), &older)) {
        older = 0;
    }
    if (p.query.len) {
        struct record_ref ref;
        err e = record_by_number(&v->ctx, p.query, &ref);
        if (!e.code && ref.visible) {
            visit_redirect(v, show_ref_url(v, &ref).text);
            return;
        }
        struct search_hit *hits;
        e = desk_search(&v->ctx, p.query, NULL, older, &hits, &p.hits.len, &p.older);
        if (e.code) {
            visit_error(v, e);
            return;
        }
        p.hits.ptr = hits;
    }
    struct frame f;
    struct html out =
        frame_begin(v, &f, words_in(WORDS("搜索", "Search"), v->ctx.lang), STR("search"));
    search_html(&out, &p);
    frame_end(v, &f, &out, 200);
}
