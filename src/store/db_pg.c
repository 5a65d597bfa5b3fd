#include "store/db_int.h"

err db_pg_open(struct arena *life, str url, struct db_options opt, struct db **ret)
{
    (void)life;
    (void)url;
    (void)opt;
    (void)ret;
    return err_make(ERR_STORE, STR("this build cannot reach PostgreSQL"));
}
