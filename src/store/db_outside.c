/* db_outside.c - what a connection needs of the machine, for who gives up the rest. */
#include "base/arena.h"
#include "store/db.h"

#include <libpq-fe.h>
#include <string.h>

static void take(struct arena *a, const PQconninfoOption *o, struct db_outside *ret)
{
    static const char *const files[] = {"sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"};
    const char *value = o->val ? o->val : o->compiled;
    if (!value || !*value) {
        return;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (strcmp(o->keyword, files[i]) == 0 && ret->nfiles < DB_OUTSIDE_MAX) {
            ret->files[ret->nfiles++] = str_copy(a, str_from(value));
        }
    }
    bool ports = strcmp(o->keyword, "port") == 0;
    for (str rest = str_from(value); ports && rest.len && ret->nports < DB_OUTSIDE_MAX;) {
        int64_t port;
        if (str_to_i64(str_cut(rest, ',', &rest), &port) && port > 0 && port < 65536) {
            ret->ports[ret->nports++] = (int)port;
        }
    }
}

err db_outside(struct arena *a, str url, struct db_outside *ret)
{
    *ret = (struct db_outside){0};
    if (!url.len || str_starts(url, STR("sqlite:"))) {
        str file = url;
        str_cut(url, ':', &file);
        ret->files[0] = file;
        ret->nfiles = file.len ? 1 : 0;
        return OK;
    }
    char *why = NULL;
    PQconninfoOption *all = PQconninfoParse(str_copy(a, url).ptr, &why);
    if (!all) {
        err e = err_make(ERR_INVALID, str_copy(a, str_from(why ? why : "not a database")));
        PQfreemem(why);
        return e;
    }
    for (const PQconninfoOption *o = all; o->keyword; o++) {
        take(a, o, ret);
    }
    PQconninfoFree(all);
    all = ret->nports ? NULL : PQconndefaults();
    for (const PQconninfoOption *o = all; o && o->keyword && !ret->nports; o++) {
        if (strcmp(o->keyword, "port") == 0) {
            take(a, o, ret);
        }
    }
    PQconninfoFree(all);
    return OK;
}
