#include "base/health.h"

#include "base/arena.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

/* What was told: four texts, cut. */
struct told {
    int64_t at; /* UTC ms; 0: nothing yet */
    enum health_state state;
    char text[4][HEALTH_TEXT];
    size_t len[4];
};

struct health {
    pthread_mutex_t lock; /* of all that follows */
    struct health_check checks[HEALTH_CHECKS];
    struct told told[HEALTH_CHECKS];
    size_t nchecks;
    struct health_figure figures[HEALTH_FIGURES];
    size_t nfigures;
};

static void end(void *arg)
{
    struct health *h = arg;
    pthread_mutex_destroy(&h->lock);
}

struct health *health_make(struct arena *life)
{
    struct health *h = arena_new(life, struct health);
    pthread_mutex_init(&h->lock, NULL);
    arena_defer(life, end, h);
    return h;
}

static bool name_ok(str s)
{
    bool ok = s.len > 0 && s.len <= 40 && s.ptr[0] >= 'a' && s.ptr[0] <= 'z';
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        ok = ok && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
    }
    return ok;
}

/* Under the lock; nchecks when there is none. */
static size_t place(const struct health *h, str name)
{
    size_t i = 0;
    while (i < h->nchecks && !str_eq(h->checks[i].name, name)) {
        i++;
    }
    return i;
}

void health_add(struct health *h, const struct health_check *c)
{
    assert(name_ok(c->name));
    pthread_mutex_lock(&h->lock);
    size_t i = place(h, c->name);
    assert(i < HEALTH_CHECKS);
    h->checks[i] = *c;
    h->told[i].at = 0;
    h->nchecks = i == h->nchecks ? i + 1 : h->nchecks;
    pthread_mutex_unlock(&h->lock);
}

void health_add_figure(struct health *h, const struct health_figure *f)
{
    assert(name_ok(str_from(f->name)) && f->read);
    pthread_mutex_lock(&h->lock);
    size_t i = 0;
    while (i < h->nfigures && strcmp(h->figures[i].name, f->name) != 0) {
        i++;
    }
    assert(i < HEALTH_FIGURES);
    h->figures[i] = *f;
    h->nfigures = i == h->nfigures ? i + 1 : h->nfigures;
    pthread_mutex_unlock(&h->lock);
}

static void keep(struct told *t, int which, str text)
{
    size_t n = str_utf8_head(text, HEALTH_TEXT).len;
    if (n) {
        memcpy(t->text[which], text.ptr, n);
    }
    t->len[which] = n;
}

void health_tell(struct health *h, str name, struct health_now said, int64_t now)
{
    pthread_mutex_lock(&h->lock);
    size_t i = place(h, name);
    if (i < h->nchecks) {
        struct told *t = &h->told[i];
        t->at = now;
        t->state = said.state;
        keep(t, 0, said.what.zh);
        keep(t, 1, said.what.en);
        keep(t, 2, said.remedy.zh);
        keep(t, 3, said.remedy.en);
    }
    pthread_mutex_unlock(&h->lock);
}

/* `t` is a copy in the caller's arena. */
static struct health_now read_told(const struct told *t, const struct health_check *c, int64_t now)
{
    struct health_now n = {
        .state = t->state,
        .what = {str_from_n(t->text[0], t->len[0]), str_from_n(t->text[1], t->len[1])},
        .remedy = {str_from_n(t->text[2], t->len[2]), str_from_n(t->text[3], t->len[3])}};
    if (!t->at) {
        return health_ok(WORDS("启动以来尚无消息。", "Nothing has been heard since the start."));
    }
    if (c->stale_ms && now - t->at > c->stale_ms && n.state == HEALTH_OK) {
        return health_warn(
            WORDS("已很久没有消息。", "Nothing has been heard for long."),
            WORDS("查看日志；必要时重启服务。", "Look at the log; restart the server if need be."));
    }
    return n;
}

size_t health_look(struct health *h, struct arena *a, int64_t now, const struct health_row **ret)
{
    struct health_check *checks = arena_array(a, struct health_check, HEALTH_CHECKS);
    struct told *told = arena_array(a, struct told, HEALTH_CHECKS);
    struct health_row *rows = arena_array(a, struct health_row, HEALTH_CHECKS);
    pthread_mutex_lock(&h->lock);
    size_t n = h->nchecks;
    memcpy(checks, h->checks, n * sizeof(*checks));
    memcpy(told, h->told, n * sizeof(*told));
    pthread_mutex_unlock(&h->lock);
    for (size_t i = 0; i < n; i++) {
        const struct health_check *c = &checks[i];
        rows[i].check = c;
        rows[i].now = c->look ? c->look(c->arg, a, now) : read_told(&told[i], c, now);
    }
    *ret = rows;
    return n;
}

size_t health_figures(struct health *h, struct arena *a, const struct health_figure **ret)
{
    struct health_figure *list = arena_array(a, struct health_figure, HEALTH_FIGURES);
    pthread_mutex_lock(&h->lock);
    size_t n = h->nfigures;
    memcpy(list, h->figures, n * sizeof(*list));
    pthread_mutex_unlock(&h->lock);
    *ret = list;
    return n;
}

enum health_state health_worst(const struct health_row *rows, size_t n, bool needed_only)
{
    enum health_state worst = HEALTH_OK;
    for (size_t i = 0; i < n; i++) {
        bool counts = rows[i].check->needed || !needed_only;
        worst = counts && rows[i].now.state > worst ? rows[i].now.state : worst;
    }
    return worst;
}

struct health_now health_ok(struct words what)
{
    return (struct health_now){.state = HEALTH_OK, .what = what};
}

struct health_now health_warn(struct words what, struct words remedy)
{
    return (struct health_now){HEALTH_WARN, what, remedy};
}

struct health_now health_bad(struct words what, struct words remedy)
{
    return (struct health_now){HEALTH_BAD, what, remedy};
}
