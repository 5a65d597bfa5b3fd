#include "store/db_sqlite_int.h"

void sq_fault_arm(struct sq *q)
{
    sqlite3_interrupt(q->h);
}
void sq_fault_after(struct sq *q, int rc)
{
    (void)q;
    (void)rc;
}
void sq_fault_off(struct sq *q)
{
    (void)q;
}
