/* ddl.h - the tables of record types, made and altered from the model.
 *
 * Written with the words of db_ddl (ID, INT), inside the caller's transaction where there
 * is one.  Only ever adds: a table, a nullable column, an index.  Indexes per type: the order index
 * (changed_at, id, state), not of lines; at most five more for columns that `see` names people by,
 * each (column, changed_at, id, state); plain ones for references, for the parent of a
 * part; unique ones for number and `unique`.
 */
#ifndef MODEL_DDL_H
#define MODEL_DDL_H

#include "base/err.h"
#include "model/model.h"
#include "store/db.h"

enum { DDL_SEE_INDEXES = 5 };

/* Has the column an index (column, changed_at, id, state) of the type? */
bool ddl_leads(const struct type *t, str column);
/* Makes what is missing in the database for every type of the model. */
MUST_CHECK err ddl_apply(struct db *db, struct arena *a, const struct model *m);
/* For one type.  A `unique` that existing records break is ERR_CONFLICT. */
MUST_CHECK err ddl_apply_type(struct db *db, struct arena *a, const struct type *t);
/* Drops what older versions demanded to be unique and the newest, which decides,
 * does not; of a retired type all.  Only when the newest is in force. */
MUST_CHECK err ddl_drop_uniques(struct db *db, struct arena *a, const struct type *t);
/* Of a `unique` that only the newest version demands: how many groups of
 * records break it; *ret_of is its first field. */
MUST_CHECK err ddl_breaks_unique(struct db *db, struct arena *a, const struct type *was,
                                 const struct type *now, int64_t *ret, const struct field **ret_of);

#endif
