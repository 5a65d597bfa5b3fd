/* oracle.h - who may see and do what, by an evaluator of the test's own.
 *
 * It reads the definition as it is written (the text of `see` and `who`, never
 * the SQL made of it) and the rows as they stand in the tables, and knows
 * nothing of lists, guards, snapshots or indexes.  What it does not understand
 * it says: such a right is counted, not guessed.
 *
 * Understood: or and not ( ) · everyone nobody auto creator self · fields and
 * paths that name people or posts · post role head_of leader_of members under
 * sees by.
 */
#ifndef TESTS_RIGHTS_ORACLE_H
#define TESTS_RIGHTS_ORACLE_H

#include "model/load.h"

#include "site.h"

enum truth { NO, YES, UNCLEAR };

struct cell {
    bool null;
    int64_t i;
    str s;
};
/* One row of a table of records. */
struct fact {
    int64_t id, creator, parent; /* parent: of a part; else 0 */
    const struct type *type;
    const struct state *state;
    str number, name;
    struct cell *cells; /* by columns of the type */
    bool voted;         /* an approval of it runs: what it is about may not be changed */
};

struct facts {
    struct arena *a;
    const struct model *model; /* of the definitions as they should be */
    struct db *db;
    int64_t today;
    struct fact *list; /* of all types, lines too */
    size_t n;
    struct pair { /* who performed which action, links, unit and unit above */
        int64_t a, b;
        str what;
    } * pairs;
    size_t npairs;
    int64_t reader; /* who merely reads (type access), one person; 0: nobody */
    int64_t *shown; /* records on which something was done in his window, in order */
    size_t nshown;
    struct fact **by_id; /* a table of `slots` */
    size_t slots;
};

/* Everything there is now. */
struct facts facts_read(struct site *s, struct arena *a, const struct model *model);
const struct fact *fact_of(const struct facts *f, int64_t id);
const struct cell *fact_cell(const struct fact *x, str column);

/* May this person see the record, this field of it (the record itself not asked)? */
enum truth oracle_sees(const struct facts *f, const struct fact *x, int64_t person);
enum truth oracle_sees_field(const struct facts *f, const struct fact *x, const struct field *field,
                             int64_t person);
/* Is he one of those who may do it?  x NULL: a new record. */
enum truth oracle_who(const struct facts *f, const struct fact *x, const struct action *action,
                      int64_t person);
/* Does he merely read: nothing done, records by a window? */
bool oracle_reads(const struct facts *f, int64_t person);
/* Does he hold this position somewhere? */
bool oracle_holds(const struct facts *f, const char *position, int64_t person);
/* Is the record in a state from which the action goes? */
bool oracle_from_here(const struct fact *x, const struct action *action);

#endif
