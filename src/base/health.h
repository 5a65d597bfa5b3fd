/* health.h - what is well and what is not, said in words with what to do.
 *
 * One registry a server (no global).  Whoever runs something that can fail adds
 * a check; whoever knows a number worth watching adds a figure.  The health
 * page of the administration, /readyz and /metrics show all of them and know
 * none of them by name:
 *
 *     health_add(h, &(struct health_check){
 *                       .name = STR("backup"),
 *                       .title = WORDS("备份", "Backup"),
 *                       .link = STR("/admin/jobs"),
 *                       .look = backup_look, .arg = b});
 *
 * A check is either looked at (`look`, called each time somebody asks) or told
 * (`look` is NULL; the thread that does the work calls health_tell, and what it
 * said goes stale by itself, so that a thread which died is not shown green).
 *
 * Invariants: nothing personal and no content of a record in any text; /metrics
 * shows names, states and figures, only the health page shows the sentences.
 * A registry holds at most HEALTH_CHECKS checks and HEALTH_FIGURES figures.
 * All functions may be called from any thread; nothing is called and nothing is
 * allocated in an arena that may jump while the lock is held.
 */
#ifndef BASE_HEALTH_H
#define BASE_HEALTH_H

#include "base/words.h"

struct arena;
struct health;

enum { HEALTH_CHECKS = 32, HEALTH_FIGURES = 64, HEALTH_TEXT = 400 /* bytes a told text keeps */ };

enum health_state { HEALTH_OK, HEALTH_WARN, HEALTH_BAD };

/* What is so now. */
struct health_now {
    enum health_state state;
    struct words what;   /* one sentence: what is so */
    struct words remedy; /* what to do; nothing when it is well */
};

struct health_check {
    str name; /* [a-z][a-z0-9_]*, at most 40 bytes, only one of each; a literal */
    struct words title;
    str link;    /* path of a page of ours where more is; may be empty */
    bool needed; /* when it is bad the server answers /readyz with 503 */
    /* Cheap: no statement, no wait, no I/O beyond a stat or statvfs; the costly
     * part belongs to whoever works in the background.  Texts in `a` (which may
     * jump) or literals.  now: UTC ms.  NULL: the check is told. */
    struct health_now (*look)(void *arg, struct arena *a, int64_t now);
    void *arg;        /* must outlive the registry's last use */
    int64_t stale_ms; /* told: silent for longer is a warning; 0: never stale */
};

/* A number for /metrics, shown as zhidu_<name>. */
struct health_figure {
    const char *name; /* [a-z][a-z0-9_]*, with its unit last: "backup_age_seconds"; a counter
                         ends in _total */
    const char *help; /* one line of English */
    bool counter;     /* only grows; else a gauge */
    double (*read)(void *arg, int64_t now); /* cheap, as `look`; NAN: not known, not shown */
    void *arg;
};

/* One check as it was found. */
struct health_row {
    const struct health_check *check;
    struct health_now now;
};

/* Lives in `life`, which must outlive all threads that know it. */
struct health *health_make(struct arena *life);

/* Copies *c.  A name that is there already is replaced in its place; a registry
 * that is full, or a name of other form, is a bug and aborts. */
void health_add(struct health *h, const struct health_check *c);
void health_add_figure(struct health *h, const struct health_figure *f);

/* What a told check says from now on; texts are copied, each cut at HEALTH_TEXT
 * bytes.  Ignored when no check has the name.  now: UTC ms. */
void health_tell(struct health *h, str name, struct health_now said, int64_t now);

/* All checks in the order in which they were added, as of now.  *ret lives in
 * `a`.  Returns how many. */
size_t health_look(struct health *h, struct arena *a, int64_t now, const struct health_row **ret);
/* All figures, likewise; read them with f->read(f->arg, now). */
size_t health_figures(struct health *h, struct arena *a, const struct health_figure **ret);

/* The worst state of all rows, or of those that are needed. */
enum health_state health_worst(const struct health_row *rows, size_t n, bool needed_only);

/* For short code in checks. */
struct health_now health_ok(struct words what);
struct health_now health_warn(struct words what, struct words remedy);
struct health_now health_bad(struct words what, struct words remedy);

#endif
