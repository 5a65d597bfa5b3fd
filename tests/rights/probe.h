/* probe.h - asks every address as everybody, and compares with the oracle.
 *
 * Each question goes through probe_ask, which names the route by its pattern;
 * a route of the program's own table that no question went to is a find. So is
 * every answer
 *   - that is given to one who may not, or kept from one who may;
 *   - that says of a hidden thing anything else than of one that is not there,
 *     byte for byte, or takes another number of statements to say it;
 *   - in which the mark of a record or field stands that he may not see.
 */
#ifndef TESTS_RIGHTS_PROBE_H
#define TESTS_RIGHTS_PROBE_H

#include "base/json.h"

#include "oracle.h"
#include "walk.h"

enum { PROBE_ROUTES = 200, FINDS_KEPT = 60, FIND_LEN = 400, PROBE_KINDS = 40 };

struct holder { /* what a mark stands in */
    char mark[10];
    const struct fact *x;
    const struct field *field; /* NULL: whoever sees the record */
    int64_t told;              /* the person whom a text was written to; 0: none */
};

struct probe {
    struct site *s;
    struct facts *f;
    const struct model *model;   /* the oracle's */
    struct arena *life;          /* as long as the probe */
    struct arena a;              /* of one question; reset by probe_next */
    int thin;                    /* of what is many one in so many is asked; 1: all */
    const struct reg *near;      /* of its types many more records are asked for; NULL: of none */
    int64_t asked[PROBE_ROUTES]; /* beside those at the door, where all are asked alike */
    int64_t at_door[PROBE_ROUTES];
    bool doors;
    struct tally {
        const char *kind;
        int64_t allowed, refused;
    } kinds[PROBE_KINDS];
    size_t nkinds;
    struct holder *holders;
    size_t nholders;
    unsigned char *seen; /* what the oracle said: facts x people; 0: not yet asked */
    int64_t unclear;     /* rights the oracle does not understand */
    int64_t scanned, marks;
    int64_t finds;
    struct find { /* the first two of a kind */
        const char *kind;
        int64_t n;
        char said[2][FIND_LEN];
    } found[FINDS_KEPT];
    size_t nfound;
    bool first_only; /* one find is enough */
    str echo;        /* what was typed comes back, and tells nothing */
};

struct probe probe_make(struct site *s, struct facts *f, struct arena *life);
void probe_end(struct probe *p);
void probe_next(struct probe *p);
void probe_find(struct probe *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A right was asked for and given, or refused, as it should be. */
void probe_count(struct probe *p, const char *kind, bool allowed);

/* The routes of the program, one after the other; NULL: no more. */
const struct visit_route *probe_route(const struct probe *p, size_t i);
/* "GET /r/~/#" with its words filled in, in order: "%s" of type, id ... */
struct reply probe_ask(struct probe *p, const char *route, const struct site_request *ask);
struct reply probe_get(struct probe *p, const char *route, const struct who *who, str path,
                       const char *query);
/* A path or query with ~ and # filled in by a word and a number. */
str probe_fill(struct probe *p, const char *shape, str word, int64_t id);
/* An absent thing's answer, asked twice: nothing is asked for the first time. */
struct reply probe_absent(struct probe *p, const char *route, const struct site_request *ask);
/* `have`, about `id`, must not differ from `absent`, about no record. */
void probe_same(struct probe *p, const char *kind, const char *route, const struct who *who,
                int64_t id, const struct reply *have, const struct reply *absent);
/* Only what he may see stands in it. */
void probe_scan(struct probe *p, const char *route, const struct who *who, const struct reply *r);

enum truth probe_sees(struct probe *p, const struct fact *x, const struct who *who);
/* A record's field, and the record. */
enum truth probe_sees_field(struct probe *p, const struct fact *x, const struct field *field,
                            const struct who *who);
/* The nth record of a type worth asking for; NULL: no more.  Of types that
 * everybody sees a few. */
const struct fact *probe_subject(const struct probe *p, const struct type *t, size_t n);
/* Is there still something to look for? */
bool probe_goes_on(const struct probe *p);
/* Is this among those that are asked? */
bool probe_chosen(const struct probe *p, size_t a, size_t b, size_t c);
#define PROBE_ABSENT INT64_C(77777777777)

/* The first mark in a text; empty: none. */
str probe_mark_in(str s);
/* JSON of an answer; NULL when it is none. */
const struct json_value *probe_json(struct probe *p, const struct reply *r);

/* The parts, each over all routes of its kind. */
void probe_doors(struct probe *p);
void probe_desks(struct probe *p);
void probe_records(struct probe *p);
void probe_files(struct probe *p);
void probe_lists(struct probe *p);
void probe_searches(struct probe *p);
void probe_acts(struct probe *p);
void probe_routes(struct probe *p); /* at the end: was every route asked? */

#endif
