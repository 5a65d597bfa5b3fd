/* sham.h - people, superiors and a clock for approvals that stand in no database. */
#ifndef TESTS_APPROVAL_SHAM_H
#define TESTS_APPROVAL_SHAM_H

#include "approval/approval.h"

#include "support/test.h"

#include <string.h>

enum { SHAM_PEOPLE = 64, SHAM_NODES = 8, SHAM_NAMED = 16 };

/* Person 1 is the author; who minds approvals is `admin`.  Everything is his own
 * superior's, who is `above`; the working clock runs day and night. */
struct sham {
    struct arena arena;
    struct approval_node nodes[SHAM_NODES];
    struct approval_plan plan;
    struct approval_world world;
    int64_t named[SHAM_NODES][SHAM_NAMED];
    int nnamed[SHAM_NODES];
    bool not_here[SHAM_NODES];
    bool barred[SHAM_PEOPLE];
    int64_t above[SHAM_PEOPLE], proxy[SHAM_PEOPLE];
    int64_t admin, substitute, now;
    struct approval_hash hash;
    struct approval *ap;
};

static bool sham_applies(void *arg, int node)
{
    const struct sham *s = arg;
    return !s->not_here[node];
}

static int sham_people(void *arg, int node, int64_t *ret, int max)
{
    const struct sham *s = arg;
    for (int i = 0; i < s->nnamed[node] && i < max; i++) {
        ret[i] = s->named[node][i];
    }
    return s->nnamed[node];
}

static bool sham_may_sit(void *arg, int node, int64_t person)
{
    const struct sham *s = arg;
    (void)node;
    return person > 0 && person < SHAM_PEOPLE && !s->barred[person];
}

static int64_t sham_superior(void *arg, int64_t person)
{
    const struct sham *s = arg;
    return s->above[person];
}

static int64_t sham_substitute(void *arg, int node)
{
    const struct sham *s = arg;
    (void)node;
    return s->substitute;
}

static int64_t sham_admin(void *arg)
{
    const struct sham *s = arg;
    return s->admin;
}

static int64_t sham_proxy(void *arg, int64_t person)
{
    const struct sham *s = arg;
    return s->proxy[person];
}

static int64_t sham_due(void *arg, int64_t from, int64_t length)
{
    (void)arg;
    return from + length;
}

static int64_t sham_worked(void *arg, int64_t from, int64_t to)
{
    (void)arg;
    return to - from;
}

/* An empty house with `nodes` nodes in which everybody must agree. */
static inline struct sham *sham_make(int nodes)
{
    struct sham *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->arena = arena_make(256u << 20);
    s->plan = (struct approval_plan){
        .nodes = s->nodes, .n = nodes, .rounds_max = 5, .author_until_end = true};
    s->world = (struct approval_world){.arg = s,
                                       .applies = sham_applies,
                                       .people = sham_people,
                                       .may_sit = sham_may_sit,
                                       .superior = sham_superior,
                                       .substitute = sham_substitute,
                                       .admin = sham_admin,
                                       .proxy = sham_proxy,
                                       .due = sham_due,
                                       .worked = sham_worked};
    for (int i = 0; i < nodes; i++) {
        s->nodes[i].added_max = 10;
    }
    s->admin = 60;
    s->now = 1000;
    s->hash.b[0] = 1;
    s->ap = approval_new(&s->arena, &s->plan, &s->world, 1);
    return s;
}

static inline void sham_end(struct sham *s)
{
    arena_end(&s->arena);
    free(s);
}

static inline struct approval_by sham_by(const struct sham *s, int64_t person)
{
    return (struct approval_by){.person = person, .minds = person == s->admin, .now = s->now};
}

/* Names people for a node; ends with 0. */
static inline void sham_name(struct sham *s, int node, const int64_t *people)
{
    s->nnamed[node] = 0;
    for (; *people; people++) {
        s->named[node][s->nnamed[node]++] = *people;
    }
}
#define NAME(s, node, ...) sham_name((s), (node), (const int64_t[]){__VA_ARGS__, 0})

static inline int64_t sham_random(uint64_t *seed, int64_t n)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (int64_t)(*seed % (uint64_t)n);
}

/* --- for tests that tell a story --- */

#define CAST(s, person, vote) \
    approval_cast((s)->ap, sham_by((s), (person)), seat_no((s), (person)), (vote), &(s)->hash)
#define DID(op) assert_int_equal((op), NO_NONE)

static inline int seat_no(const struct sham *s, int64_t person)
{
    const struct approval_seat *seat = approval_seat_of(s->ap, person);
    return seat ? seat->no : 0;
}

static inline void submit(struct sham *s)
{
    DID(approval_submit(s->ap, sham_by(s, 1), &s->hash, false));
}

static inline const struct approval_seat *last_seat_of(const struct sham *s, int64_t principal)
{
    const struct approval_seat *found = NULL;
    for (int i = 0; i < s->ap->nseats; i++) {
        found = s->ap->seats[i].principal == principal ? &s->ap->seats[i] : found;
    }
    assert_non_null(found);
    return found;
}

static inline int events_of(const struct sham *s, enum approval_event_kind kind)
{
    int n = 0;
    for (int i = 0; i < s->ap->nevents; i++) {
        n += s->ap->events[i].kind == kind;
    }
    return n;
}

static inline void end(struct sham *s)
{
    assert_null(approval_check(s->ap));
    sham_end(s);
}

#endif
