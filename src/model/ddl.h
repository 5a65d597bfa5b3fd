/* ddl.h - the tables of record types, made and altered from the model.
 *
 * Written with the words of db_ddl (ID, INT).  Only ever adds: a table, a
 * nullable column, an index.  Indexes per type: the order index
 * (changed_at, id); at most four more for columns that `see` names people by,
 * each (column, changed_at, id); plain ones for references, for the parent of a
 * part; unique ones for number and `unique`.
 */
#ifndef MODEL_DDL_H
#define MODEL_DDL_H

#include "base/err.h"
#include "model/model.h"
#include "store/db.h"

/* Makes what is missing in the database for every type of the model. */
MUST_CHECK err ddl_apply(struct db *db, struct arena *a, const struct model *m);

#endif
