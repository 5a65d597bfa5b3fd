#include "base/arena.h"
#include "base/clock.h"
#include "connect/import_int.h"
#include "engine/job.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Cases in work at once.  One piece of each is with the writer; they are answered
 * in the order they were handed over, so that a run that is gone on with takes the same
 * way as one that was not cut short, and numbers come out the same. */
enum { SLOTS = 8, TELL_US = 300000, BUSY_TRIES = 6000, BUSY_MS = 5 };

struct slot {
    struct arena a;
    struct lines lines;
    struct piece piece;
    bool used;
};

struct running {
    struct importer *im;
    struct import_report *rep;
    struct import_index *index;
    FILE *rejects;
    struct slot slots[SLOTS];
    int queue[SLOTS]; /* slots handed over, oldest first */
    int queued;
    int64_t next; /* case */
    int64_t done; /* lines dealt with */
    int64_t told_us;
    err error;
};

/* --- rejects ------------------------------------------------------------------------------ */

static void put_cell(struct buf *b, char separator, str cell)
{
    if (b->len) {
        buf_put_c(b, separator);
    }
    csv_put(b, cell);
}

static err put_line(struct running *g, struct buf *b)
{
    buf_put(b, STR("\r\n"));
    str s = buf_str(b);
    bool ok = !b->full && fwrite(s.ptr, 1, s.len, g->rejects) == s.len;
    return ok ? OK : err_make(ERR_STORE, STR("the rejects file cannot be written"));
}

static err open_rejects(struct running *g)
{
    struct importer *im = g->im;
    str path = str_copy(&im->life, im->o.rejects);
    int fd = im->o.open_rejects ? im->o.open_rejects(im->o.arg, path)
                                : open(path.ptr, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0 && csv_file_is(im->o.file, fd)) {
        close(fd);
        return err_make(ERR_INVALID, STR("the rejects file is the file that is imported"));
    }
    g->rejects = fd >= 0 && ftruncate(fd, 0) == 0 ? fdopen(fd, "w") : NULL;
    if (!g->rejects) {
        return err_make(ERR_STORE, str_fmt(&im->life, "%s: %s", path.ptr, strerror(errno)));
    }
    snprintf(g->rep->rejects, sizeof(g->rep->rejects), "%s", path.ptr);
    struct arena a = arena_make(8 << 20);
    struct buf b = buf_make(&a, 4 << 20);
    struct str_list names = csv_file_columns(im->o.file);
    for (size_t i = 0; i < names.len; i++) {
        if (!str_starts(names.ptr[i], STR("reject_"))) {
            put_cell(&b, im->m->separator, names.ptr[i]);
        }
    }
    put_cell(&b, im->m->separator, STR("reject_line"));
    put_cell(&b, im->m->separator, STR("reject_reason"));
    put_cell(&b, im->m->separator, STR("reject_text"));
    err e = fputs("\xEF\xBB\xBF", g->rejects) == EOF
                ? err_make(ERR_STORE, STR("the rejects file cannot be written"))
                : put_line(g, &b);
    arena_end(&a);
    return e;
}

/* The line as it came, and why; `row` NULL: it could not be read as cells, and
 * stands whole in the last column. */
static err put_reject(struct running *g, const struct csv_place *place, const struct csv_row *row,
                      str reason)
{
    struct importer *im = g->im;
    err e = g->rejects ? OK : open_rejects(g);
    if (e.code) {
        return e;
    }
    struct arena a = arena_make(16 << 20);
    struct buf b = buf_make(&a, 8 << 20);
    struct str_list names = csv_file_columns(im->o.file);
    for (size_t i = 0; i < names.len; i++) {
        if (!str_starts(names.ptr[i], STR("reject_"))) {
            put_cell(&b, im->m->separator, row ? csv_plain(row->cells[i]) : STR(""));
        }
    }
    put_cell(&b, im->m->separator, str_fmt(&a, "%lld", (long long)place->line));
    put_cell(&b, im->m->separator, reason);
    str raw = STR("");
    if (!row) {
        e = csv_file_raw(im->o.file, &a, place, &raw);
        raw = str_utf8_ok(raw) ? raw : STR("?");
    }
    put_cell(&b, im->m->separator, str_trim(raw));
    e = e.code ? e : put_line(g, &b);
    e.detail = str_copy(&im->life, e.detail);
    arena_end(&a);
    return e;
}

static err bad_line(void *arg, const struct csv_place *place, const struct csv_row *row,
                    struct words why)
{
    struct running *g = arg;
    g->rep->run.rejected++;
    g->done++;
    if (g->im->o.dry_run && g->im->o.out) {
        str w = words_in(why, g->im->o.lang);
        fprintf(g->im->o.out, "%6lld  ! %.*s\n", (long long)place->line, STR_ARG(w));
    }
    return put_reject(g, place, row, words_in(why, g->im->o.lang));
}

/* --- what became of a line -------------------------------------------------------------------- */

static void show(struct running *g, const struct line *l, str key, const struct line_result *r)
{
    static const struct words words[] = {
        [LINE_DONE] = WORDS_INIT("", ""),
        [LINE_WITHOUT] = WORDS_INIT("无操作", "nothing to do"),
        [LINE_REJECTED] = WORDS_INIT("退回", "rejected"),
        [LINE_AGAIN] = WORDS_INIT("重复行", "the same as an earlier line"),
        [LINE_KNOWN] = WORDS_INIT("已导入", "imported before"),
        [LINE_FOREIGN] =
            WORDS_INIT("单据已存在，非本导入所建", "the case is there and not of this import"),
    };
    FILE *f = g->im->o.out;
    enum lang lang = g->im->o.lang;
    str w = words_in(words[r->outcome], lang);
    fprintf(f, "%6lld  %.*s  %.*s", (long long)l->place.line, STR_ARG(key), STR_ARG(w));
    for (int i = 0; i < r->ndid; i++) {
        str a = words_in(r->did[i].action->words, lang);
        str s = r->did[i].state ? words_in(r->did[i].state->words, lang) : STR("");
        fprintf(f, "%s%.*s → %.*s", i ? "; " : "", STR_ARG(a), STR_ARG(s));
    }
    if (r->people || r->units) {
        fprintf(f, lang == LANG_EN ? " (+%d people, %d units)" : "（新增人员 %d、部门 %d）",
                r->people, r->units);
    }
    fprintf(f, "%s%s\n", r->reason[0] ? ": " : "", r->reason);
}

static err count(struct running *g, const struct slot *s, size_t i)
{
    const struct line *l = &s->lines.list[i];
    const struct line_result *r = &s->piece.results[i - s->piece.from];
    struct import_counts *c = &g->rep->run;
    g->done++;
    c->acts += r->acts;
    c->people += r->people;
    c->units += r->units;
    c->moved += r->moved;
    c->made += r->made;
    c->early += r->early;
    c->effective += r->outcome == LINE_DONE;
    c->without += r->outcome == LINE_WITHOUT;
    c->again += r->outcome == LINE_AGAIN;
    c->known += r->outcome == LINE_KNOWN;
    c->foreign += r->outcome == LINE_FOREIGN;
    c->rejected += r->outcome == LINE_REJECTED;
    if (g->im->o.dry_run && g->im->o.out) {
        show(g, l, s->lines.key, r);
    }
    if (r->outcome != LINE_REJECTED) {
        return OK;
    }
    struct arena a = arena_make(8 << 20);
    struct csv_row row;
    err e = csv_file_at(g->im->o.file, &a, &l->place, &row);
    e = e.code ? e : put_reject(g, &l->place, &row, str_from(r->reason));
    arena_end(&a);
    return e;
}

/* --- pieces --------------------------------------------------------------------------------- */

static err hand_over(struct running *g, int which)
{
    struct slot *s = &g->slots[which];
    struct piece *p = &s->piece;
    size_t left = s->lines.n - p->to;
    size_t n = g->im->o.dry_run || left < PIECE_LINES ? left : PIECE_LINES;
    p->from = p->to;
    p->to += n;
    p->over = false;
    p->job =
        (struct writer_job){.run = piece_run, .done = piece_done, .tentative = g->im->o.dry_run};
    err e = engine_submit(g->im->o.engine, &p->job);
    for (int i = 0; e.code == ERR_BUSY && i < BUSY_TRIES; i++) {
        struct timespec t = {.tv_nsec = BUSY_MS * 1000000};
        nanosleep(&t, NULL);
        e = engine_submit(g->im->o.engine, &p->job);
    }
    if (!e.code) {
        g->queue[g->queued++] = which;
    }
    return e;
}

static err begin_case(struct running *g, int which)
{
    struct slot *s = &g->slots[which];
    arena_reset(&s->a);
    size_t n;
    const struct csv_place *places = index_places(g->index, &s->a, g->next++, &n);
    err e = OK;
    for (size_t i = IMPORT_CASE_MAX; i < n && !e.code; i++) {
        struct csv_row row;
        e = csv_file_at(g->im->o.file, &s->a, &places[i], &row);
        e = e.code ? e
                   : bad_line(g, &places[i], &row,
                              WORDS("一个单号的行数过多（上限 20000）",
                                    "more than 20,000 lines of one case"));
    }
    n = n < IMPORT_CASE_MAX ? n : IMPORT_CASE_MAX;
    if (!e.code) {
        e = lines_read(&s->a, g->im->m, g->im->o.file, places, n, &s->lines);
    }
    if (e.code) {
        return e;
    }
    size_t most = g->im->o.dry_run ? n : PIECE_LINES;
    s->piece = (struct piece){.im = g->im,
                              .lines = &s->lines,
                              .results = arena_array(&s->a, struct line_result, most + 1)};
    s->used = true;
    return hand_over(g, which);
}

/* The rest of a case that is none of ours needs no writer. */
static err pass_foreign(struct running *g, struct slot *s)
{
    err e = OK;
    g->rep->run.foreign_cases++;
    for (size_t i = s->piece.to; i < s->lines.n && !e.code; i++) {
        s->piece.from = i;
        s->piece.results[0] = (struct line_result){.outcome = LINE_FOREIGN};
        e = count(g, s, i);
    }
    s->used = false;
    return e;
}

static err end_piece(struct running *g, int which)
{
    struct slot *s = &g->slots[which];
    struct piece *p = &s->piece;
    bool dry = g->im->o.dry_run && p->result.code == ERR_CONFLICT;
    if (p->result.code && !dry) {
        s->used = false;
        return (err){.code = p->result.code, .detail = str_copy(&g->im->life, p->result.detail)};
    }
    err e = OK;
    for (size_t i = p->from; i < p->to && !e.code; i++) {
        e = count(g, s, i);
    }
    if (!e.code && p->foreign) {
        return pass_foreign(g, s);
    }
    s->used = s->lines.n > p->to;
    return e;
}

static void wait_for(struct importer *im, struct piece *p)
{
    pthread_mutex_lock(&im->lock);
    while (!p->over) {
        pthread_cond_wait(&im->over, &im->lock);
    }
    pthread_mutex_unlock(&im->lock);
}

/* --- telling -------------------------------------------------------------------------------- */

static void tell(struct running *g)
{
    struct importer *im = g->im;
    int64_t now = clock_mono_us();
    if (now - g->told_us < TELL_US) {
        return;
    }
    g->told_us = now;
    bool cancelled = false;
    if (im->job) {
        char text[160];
        long long acts = g->rep->run.acts;
        long long rejected = g->rep->run.rejected;
        snprintf(text, sizeof(text), "%lld 次操作 · %lld 行退回\nacts %lld · rejected %lld", acts,
                 rejected, acts, rejected);
        err e = job_tell(im->o.engine, im->job, g->done, str_from(text), engine_now(im->o.engine),
                         &cancelled);
        (void)e; /* the next one tells */
    }
    bool go_on =
        !im->o.progress || im->o.progress(im->o.arg, g->done, g->rep->run.lines, g->rep->run.acts);
    g->rep->stopped = g->rep->stopped || cancelled || !go_on;
}

/* --- the whole ------------------------------------------------------------------------------ */

/* Fills free slots with cases; what is already begun goes on first. */
static void begin_cases(struct running *g)
{
    for (int i = 0; i < SLOTS && g->next < index_cases(g->index); i++) {
        if (g->error.code || g->rep->stopped) {
            return;
        }
        if (!g->slots[i].used) {
            g->error = begin_case(g, i);
        }
    }
}

static void work(struct running *g)
{
    begin_cases(g);
    while (g->queued) {
        int which = g->queue[0];
        memmove(g->queue, g->queue + 1, (size_t)--g->queued * sizeof(g->queue[0]));
        wait_for(g->im, &g->slots[which].piece);
        err e = end_piece(g, which);
        g->error = g->error.code ? g->error : e;
        tell(g);
        if (g->error.code || g->rep->stopped) {
            g->slots[which].used = false;
        } else if (g->slots[which].used) {
            g->error = hand_over(g, which);
        }
        begin_cases(g);
    }
}

static err begin(struct running *g)
{
    struct importer *im = g->im;
    const struct mapping *m = im->m;
    if (m->model->person && m->people.name) {
        im->people = names_make(&im->life, m->model->person, m->people.name);
    }
    if (m->model->unit && m->units.name) {
        im->units = names_make(&im->life, m->model->unit, m->units.name);
    }
    err e = import_index(&im->life, m, im->o.file, bad_line, g, &g->rep->run, &g->index);
    if (e.code || im->o.dry_run) {
        return e;
    }
    str name = m->name;
    struct words title = {str_fmt(&im->life, "导入 %.*s", STR_ARG(name)),
                          str_fmt(&im->life, "Import %.*s", STR_ARG(name))};
    return job_begin(im->o.engine, STR("import"), title, 0, g->rep->run.lines, im->now, &im->job);
}

static err finish(struct running *g)
{
    struct importer *im = g->im;
    err e = g->error;
    if (g->rejects && fclose(g->rejects) != 0 && !e.code) {
        e = err_make(ERR_STORE, STR("the rejects file cannot be written"));
    }
    if (!im->job) {
        return e;
    }
    char text[240];
    long long made = g->rep->run.made;
    long long acts = g->rep->run.acts;
    long long rejected = g->rep->run.rejected;
    snprintf(text, sizeof(text),
             "%lld 张单据 · %lld 次操作 · %lld 行退回\ncases %lld · acts %lld · rejected %lld",
             made, acts, rejected, made, acts, rejected);
    enum job_state state = e.code ? JOB_FAILED : g->rep->stopped ? JOB_CANCELLED : JOB_DONE;
    err told = job_end(im->o.engine, im->job, state, g->done, str_from(text), e.detail,
                       engine_now(im->o.engine));
    return e.code ? e : told;
}

err import_run(const struct import_options *o, struct import_report *ret)
{
    struct importer im = {.o = *o, .m = o->mapping, .life = arena_make((size_t)4 << 30)};
    im.now = engine_now(o->engine);
    pthread_mutex_init(&im.lock, NULL);
    pthread_cond_init(&im.over, NULL);
    *ret = (struct import_report){0};
    int64_t began = clock_mono_us();
    struct running *g = arena_new(&im.life, struct running);
    g->im = &im;
    g->rep = ret;
    for (int i = 0; i < SLOTS; i++) {
        g->slots[i].a = arena_make((size_t)1 << 30);
    }
    g->error = begin(g);
    if (!g->error.code) {
        work(g);
    }
    err e = finish(g);
    ret->job = im.job;
    ret->ms = (clock_mono_us() - began) / 1000;
    for (int i = 0; i < SLOTS; i++) {
        arena_end(&g->slots[i].a);
    }
    snprintf(ret->error, sizeof(ret->error), "%.*s", STR_ARG(e.detail));
    arena_end(&im.life);
    pthread_cond_destroy(&im.over);
    pthread_mutex_destroy(&im.lock);
    return (err){.code = e.code, .detail = str_from(ret->error)};
}
