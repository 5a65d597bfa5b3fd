#include "page/show.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/markdown.h"
#include "model/named.h"
#include "page/items.h"

static int zone(const struct visit *v)
{
    return v->model ? v->model->zone_minutes : 480;
}

str show_time(const struct visit *v, int64_t ms)
{
    return ms ? clock_minutes(v->ctx.arena, ms, zone(v)) : STR("");
}

str show_iso(const struct visit *v, int64_t ms)
{
    return clock_iso(v->ctx.arena, ms, zone(v));
}

static char *put_word(char *p, const char *word)
{
    while (*word) {
        *p++ = *word++;
    }
    return p;
}

static char *put_two(char *p, int n)
{
    *p++ = (char)('0' + n / 10 % 10);
    *p++ = (char)('0' + n % 10);
    return p;
}

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* A list says it for every row: by hand, without a format. */
str show_when(const struct visit *v, int64_t ms)
{
    enum { SAID_MAX = 16 };
    if (!ms) {
        return STR("");
    }
    bool en = v->ctx.lang == LANG_EN;
    int64_t day = clock_day_at(ms, zone(v));
    int minute = (int)((ms - clock_day_start(day, zone(v))) / CLOCK_MINUTE);
    char *text = arena_bytes(v->ctx.arena, SAID_MAX);
    char *end = text;
    if (day == v->ctx.today) {
        end = put_word(end, en ? "today" : "今天");
    } else {
        struct clock_civil c = clock_civil_day(day);
        if (c.year != clock_civil_day(v->ctx.today).year) {
            return clock_date(v->ctx.arena, day);
        }
        end = en ? put_word(put_word(put_two(end, c.day), " "), months[(c.month + 11) % 12])
                 : put_two(put_word(put_two(end, c.month), "-"), c.day);
    }
    end = put_two(put_word(put_two(put_word(end, " "), minute / 60), ":"), minute % 60);
    return str_from_n(text, (size_t)(end - text));
}

str show_due(const struct visit *v, int64_t due)
{
    if (!due) {
        return STR("");
    }
    int64_t left = due - v->ctx.now;
    bool late = left < 0;
    int64_t minutes = (late ? -left : left) / 60000;
    bool en = v->ctx.lang == LANG_EN;
    if (!minutes) {
        return words_in(WORDS("正到期", "due now"), v->ctx.lang);
    }
    int64_t n = minutes;
    const char *unit = en ? "min" : "分钟";
    if (minutes >= 2 * 1440) {
        n = minutes / 1440;
        unit = en ? "days" : "天";
    } else if (minutes >= 120) {
        n = minutes / 60;
        unit = en ? "h" : "小时";
    }
    if (en) {
        return str_fmt(v->ctx.arena, late ? "%lld %s late" : "%lld %s left", (long long)n, unit);
    }
    return str_fmt(v->ctx.arena, late ? "已超 %lld %s" : "还剩 %lld %s", (long long)n, unit);
}

str show_due_class(const struct visit *v, int64_t due)
{
    enum { SOON_MS = 4 * 3600 * 1000 };
    int64_t left = due - v->ctx.now;
    return left < 0 ? STR(" late") : left < SOON_MS ? STR(" soon") : STR("");
}

static bool among(const struct state *const *list, size_t n, const struct state *s)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i]->code == s->code) {
            return true;
        }
    }
    return false;
}

/* A state looks by its place in the life, not by its name: the first of a case is
 * new, one in which a clock rests waits for somebody else, final ones are done.
 * The states of a register stand: they are neutral. */
str show_state_class(const struct type *t, const struct state *s)
{
    const struct tdef *d = t ? t->newest : NULL;
    if (!s || !d) {
        return STR("");
    }
    if (s->final) {
        return STR("end");
    }
    if (d->newest) {
        return STR("");
    }
    for (size_t i = 0; i < d->nterms; i++) {
        if (among(d->terms[i].pause_in, d->terms[i].npauses, s)) {
            return STR("wait");
        }
    }
    return d->nstates && d->states[0].code == s->code ? STR("new") : STR("go");
}

str show_size(const struct visit *v, int64_t bytes)
{
    if (bytes < 1024) {
        return str_fmt(v->ctx.arena, "%lld B", (long long)bytes);
    }
    if (bytes < 1024 * 1024) {
        return str_fmt(v->ctx.arena, "%lld KB", (long long)(bytes / 1024));
    }
    return str_fmt(v->ctx.arena, "%lld.%lld MB", (long long)(bytes / 1048576),
                   (long long)(bytes % 1048576 * 10 / 1048576));
}

url show_ref_url(const struct visit *v, const struct record_ref *r)
{
    if (!r->type) {
        return url_local(STR("/"));
    }
    return url_local(
        str_fmt(v->ctx.arena, "/r/%.*s/%lld", STR_ARG(r->type->key), (long long)r->id));
}

str show_ref_name(const struct record_ref *r)
{
    return r->name.len ? r->name : r->number;
}

static void put_ref(struct html *out, const struct record_ref *r)
{
    if (r->visible && r->type) {
        html_lit(out, "<a href=\"/r/", 12);
        html_url_part(out, r->type->key);
        html_lit(out, "/", 1);
        html_i64(out, r->id);
        html_lit(out, "\">", 2);
        html_text(out, show_ref_name(r));
        html_lit(out, "</a>", 4);
    } else {
        html_text(out, show_ref_name(r));
    }
}

static void put_value(struct html *out, const struct visit *v, const struct record_field *f,
                      bool line);

/* A line's reference to the record it is a line of says nothing there. */
static bool is_owner(const struct record_field *lines, const struct field *c)
{
    const struct type *t = lines->field->part;
    return c->type == F_REF && t && c->to == t->part_of;
}

static void put_rows(struct html *out, const struct visit *v, const struct record_field *f)
{
    html_lit(out, "<div class=\"scroll\"><table class=\"list\" aria-label=\"", 52);
    html_words(out, f->field->words);
    html_lit(out, "\"><thead><tr>", 13);
    for (size_t i = 0; i < f->rows[0].nfields; i++) {
        const struct field *c = f->rows[0].fields[i].field;
        if (!is_owner(f, c)) {
            html_lit(out, "<th scope=\"col\">", 16);
            html_text_words(out, c->words);
            html_lit(out, "</th>", 5);
        }
    }
    html_lit(out, "</tr></thead><tbody>", 20);
    for (size_t r = 0; r < f->nrows; r++) {
        html_lit(out, "<tr>", 4);
        for (size_t i = 0; i < f->rows[r].nfields; i++) {
            if (!is_owner(f, f->rows[r].fields[i].field)) {
                html_lit(out, "<td>", 4);
                put_value(out, v, &f->rows[r].fields[i], true);
                html_lit(out, "</td>", 5);
            }
        }
        html_lit(out, "</tr>", 5);
    }
    html_lit(out, "</tbody></table></div>", 22);
}

static bool is_ref(enum ftype t)
{
    return t == F_REF || t == F_REFS || t == F_PERSON || t == F_PEOPLE || t == F_UNIT ||
           t == F_POST;
}

/* An article or control by its words, as a link; false: the text names none. */
static bool put_named(struct html *out, const struct visit *v, const struct record_field *f)
{
    if (f->field->type != F_TEXT || f->value.null || !f->value.text.len) {
        return false;
    }
    const struct clause *a = named_clause(v->model, f->value.text);
    const struct control *c = a ? NULL : named_control(v->model, f->field, f->value.text);
    if (!a && !c) {
        return false;
    }
    html_lit(out, a ? "<a href=\"/law/" : "<a href=\"/controls/", a ? 14 : 19);
    html_url_part(out, a ? a->law->reg->key : c->key);
    if (a) {
        html_lit(out, "#", 1);
        html_url_part(out, a->id);
    }
    html_lit(out, "\">", 2);
    html_text_words(out, named_words(v->ctx.arena, v->model, f->field, f->value.text));
    html_lit(out, "</a>", 4);
    return true;
}

static void put_value(struct html *out, const struct visit *v, const struct record_field *f,
                      bool line)
{
    if (f->field->type == F_LINES) {
        if (line) {
            html_i64(out, (int64_t)f->nrows);
        } else if (f->field->checklist) {
            items_show(out, v, f);
        } else if (f->nrows) {
            put_rows(out, v, f);
        }
        return;
    }
    if (is_ref(f->field->type)) {
        for (size_t i = 0; i < f->nrefs; i++) {
            if (i) {
                html_words(out, WORDS("、", ", "));
            }
            put_ref(out, &f->refs[i]);
        }
        return;
    }
    if (f->field->type == F_MARKDOWN && !line) {
        bool foreign = html_foreign(out, f->value.text);
        html_lit(out, "<div class=\"md\"", 15);
        html_lit(out, " lang=\"zh\"", foreign ? 10 : 0);
        html_lit(out, ">", 1);
        html_raw(out, markdown_lines_html(v->ctx.arena, f->value.text));
        html_lit(out, "</div>", 6);
        return;
    }
    if (f->field->type == F_ATTACHMENT && !f->value.null) {
        html_lit(out, "<a href=\"", 9);
        html_url(out, url_local(str_fmt(v->ctx.arena, "/file/%lld", (long long)f->value.i64)));
        html_lit(out, "\">", 2);
        html_words(out, WORDS("下载附件", "Download"));
        html_lit(out, "</a>", 4);
        return;
    }
    if (!put_named(out, v, f)) {
        html_text(out, value_show(&v->ctx, f->field, &f->value, STR("")));
    }
}

void show_field(struct html *out, const struct visit *v, const struct record_field *f)
{
    put_value(out, v, f, false);
}

void show_cell(struct html *out, const struct visit *v, const struct record_field *f)
{
    if (f->field->type == F_DATETIME && !f->value.null) {
        html_lit(out, "<span class=\"nowrap\">", 21);
        html_str(out, show_when(v, f->value.i64));
        html_lit(out, "</span>", 7);
    } else {
        put_value(out, v, f, true);
    }
}
