/* mapping_int.h - shared by mapping_*.c and nobody else. */
#ifndef CONNECT_MAPPING_INT_H
#define CONNECT_MAPPING_INT_H

#include "connect/mapping.h"
#include "model/yaml.h"

enum { COLUMNS_MAX = 1000 };

struct map_load {
    struct arena *a;
    struct diags *d;
    struct mapping *m;
    struct map_way *ways; /* m->ways, while they are filled */
};

/* --- small things (mapping_load.c) ---------------------------------------------- */

/* A map whose keys are all among `allowed`, words separated by spaces; else
 * mistakes, and false when it is no map. */
bool map_keys(struct map_load *l, const struct ynode *n, const char *allowed);
/* "did you mean", or what there is. */
void map_no_such(struct map_load *l, struct pos at, struct words what, str name, const str *names,
                 size_t n);
/* The text of a scalar; empty, with a mistake, when it is something else. */
str map_scalar(struct map_load *l, const struct ynode *n);
/* A scalar or a list of them. */
const str *map_scalars(struct map_load *l, const struct ynode *n, size_t *len);
/* The column of this name, noted as one the file must have. */
int map_column(struct map_load *l, str name, struct pos at);

/* --- values (mapping_value.c) ----------------------------------------------------- */

struct map_value map_value(struct map_load *l, const struct ynode *n);
/* `with` of an action: fields it asks for; of a type (NULL action): any. */
const struct map_with *map_with(struct map_load *l, const struct ynode *n,
                                const struct action *action, const struct tdef *def, size_t *len);

/* --- steps (mapping_step.c) -------------------------------------------------------- */

struct map_states map_states(struct map_load *l, const struct ynode *n);
const struct action *map_action(struct map_load *l, const struct ynode *n, const struct type *t,
                                bool creates);
const struct map_step *map_steps(struct map_load *l, const struct ynode *n, size_t *len);
const struct map_event *map_events(struct map_load *l, const struct ynode *n, size_t *len);
const struct map_cells *map_cells(struct map_load *l, const struct ynode *n, size_t *len);
void map_ways_check(struct map_load *l);

#endif
