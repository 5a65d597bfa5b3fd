#include "cli/cli.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 };

static err unreadable(struct arena *a, str path, int why)
{
    const char *says = strerror(why);
    return cli_refuse(
        a, why == ENOENT ? ERR_NOT_FOUND : ERR_STORE,
        (struct words){
            str_fmt(a, "不能读配置文件 %.*s：%s。", STR_ARG(path), says),
            str_fmt(a, "The configuration %.*s cannot be read: %s.", STR_ARG(path), says)},
        why == EACCES
            ? WORDS("让运行服务的用户能读它：chgrp zhidu 该文件，chmod 640 该文件。",
                    "Let the user of the service read it: chgrp zhidu FILE, chmod 640 FILE.")
            : WORDS("检查 --config 或 ZHIDU_CONFIG。", "Look at --config or ZHIDU_CONFIG."));
}

static err read_file(struct arena *a, str path, str *ret)
{
    FILE *f = fopen(str_copy(a, path).ptr, "re");
    if (!f) {
        return unreadable(a, path, errno);
    }
    struct arena side = arena_make(FILE_MAX + (4 << 10)); /* it is read again at each reload */
    char *p = arena_bytes(&side, FILE_MAX + 1);
    size_t n = fread(p, 1, FILE_MAX + 1, f);
    int why = ferror(f) ? errno : 0;
    fclose(f);
    if (!why && n <= FILE_MAX) {
        *ret = str_copy(a, str_from_n(p, n));
    }
    arena_end(&side);
    if (why) {
        return unreadable(a, path, why);
    }
    return n > FILE_MAX ? err_make(ERR_TOO_LARGE, path) : OK;
}

/* --- the settings ------------------------------------------------------------------------- */

enum kind { TEXT, NUMBER, SWITCH, LEVEL };

/* In the order in which a person looks for them.  `later`: may change while the
 * server runs. */
static const struct key {
    const char *key;
    enum kind kind;
    size_t at; /* in struct config */
    bool later;
    int least, most; /* of a number */
} settings[] = {
#define AT(field) offsetof(struct config, field)
    {"data", TEXT, AT(data), false, 0, 0},
    {"database", TEXT, AT(database), false, 0, 0},
    {"address", TEXT, AT(address), false, 0, 0},
    {"port", NUMBER, AT(port), false, 1, 65535},
    {"public_url", TEXT, AT(public_url), false, 0, 0},
    {"organisation", TEXT, AT(organisation), false, 0, 0},
    {"origin", TEXT, AT(origin), false, 0, 0},
    {"tls_cert", TEXT, AT(tls_cert), true, 0, 0},
    {"tls_key", TEXT, AT(tls_key), true, 0, 0},
    {"secret_key", TEXT, AT(secret_key), false, 0, 0},
    {"signer", TEXT, AT(signer), false, 0, 0},
    {"proxies", TEXT, AT(proxies), true, 0, 0},
    {"monitors", TEXT, AT(monitors), true, 0, 0},
    {"monitor_token", TEXT, AT(monitor_token), true, 0, 0},
    {"log_level", LEVEL, AT(log_level), true, 0, 0},
    {"log_requests", SWITCH, AT(log_requests), true, 0, 0},
    {"slow_request_ms", NUMBER, AT(slow_request_ms), true, 1, 600000},
    {"slow_statement_ms", NUMBER, AT(slow_statement_ms), true, 10, 600000},
    {"request_seconds", NUMBER, AT(request_seconds), true, 1, 600},
    {"connections_per_address", NUMBER, AT(connections_per_address), true, 1, 1000000},
    {"backup_folder", TEXT, AT(backup_folder), false, 0, 0},
    {"backup_recipient", TEXT, AT(backup_recipient), false, 0, 0},
    {"backup_at", TEXT, AT(backup_at), false, 0, 0},
    {"backup_daily", NUMBER, AT(backup_daily), false, 1, 1000},
    {"backup_weekly", NUMBER, AT(backup_weekly), false, 0, 1000},
    {"backup_monthly", NUMBER, AT(backup_monthly), false, 0, 1000},
    {"stop_seconds", NUMBER, AT(stop_seconds), false, 1, 600},
    {"signins_per_minute", NUMBER, AT(signins_per_minute), true, 0, 1000000},
    {"searches_per_minute", NUMBER, AT(searches_per_minute), true, 0, 1000000},
    {"suggestions_per_minute", NUMBER, AT(suggestions_per_minute), true, 0, 1000000},
    {"exports_per_minute", NUMBER, AT(exports_per_minute), true, 0, 1000000},
    {"uploads_per_minute", NUMBER, AT(uploads_per_minute), true, 0, 1000000},
    {"pings_per_minute", NUMBER, AT(pings_per_minute), true, 0, 1000000},
    {"security_days", NUMBER, AT(security_days), false, 30, 3650},
    {"demo", SWITCH, AT(demo), false, 0, 0},
    {"sandbox", SWITCH, AT(sandbox), false, 0, 0},
#undef AT
};
enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static const char *const levels[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};

static bool set_level(enum log_level *to, str value)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (str_eq(value, str_from(levels[i]))) {
            *to = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static bool set_number(const struct key *k, int *to, str value)
{
    int64_t n;
    bool ok = str_to_i64(value, &n) && n >= k->least && n <= k->most;
    *to = ok ? (int)n : *to;
    return ok;
}

static bool set(struct arena *a, const struct key *k, struct config *c, str value)
{
    void *to = (char *)c + k->at;
    switch (k->kind) {
    case TEXT:
        *(str *)to = str_copy(a, value);
        return true;
    case NUMBER:
        return set_number(k, to, value);
    case SWITCH:
        *(bool *)to = str_eq(value, STR("yes"));
        return *(bool *)to || str_eq(value, STR("no"));
    case LEVEL:
        return set_level(to, value);
    }
    return false;
}

/* What would be a value, in words. */
static str what_is(struct arena *a, const struct key *k)
{
    switch (k->kind) {
    case NUMBER:
        return str_fmt(a, "a number from %d to %d", k->least, k->most);
    case SWITCH:
        return STR("yes or no");
    case LEVEL:
        return STR("debug, info, warn or error");
    case TEXT:
        break;
    }
    return STR("a text");
}

static const struct key *find(str key)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        if (str_eq(key, str_from(settings[i].key))) {
            return &settings[i];
        }
    }
    return NULL;
}

static bool same(const struct key *k, const struct config *a, const struct config *b)
{
    const void *x = (const char *)a + k->at;
    const void *y = (const char *)b + k->at;
    switch (k->kind) {
    case TEXT:
        return str_eq(*(const str *)x, *(const str *)y);
    case NUMBER:
        return *(const int *)x == *(const int *)y;
    case SWITCH:
        return *(const bool *)x == *(const bool *)y;
    case LEVEL:
        return *(const enum log_level *)x == *(const enum log_level *)y;
    }
    return true;
}

str config_needs_restart(struct arena *a, const struct config *was, const struct config *is)
{
    str list = STR("");
    for (size_t i = 0; i < SETTINGS; i++) {
        if (!settings[i].later && !same(&settings[i], was, is)) {
            list = str_fmt(a, "%.*s%s%s", STR_ARG(list), list.len ? ", " : "", settings[i].key);
        }
    }
    return list;
}

/* --- file and environment --------------------------------------------------------------------- */

err config_parse(struct arena *a, str file, str text, struct config *c)
{
    int line = 0;
    for (str rest = text; rest.ptr;) {
        str value;
        str l = str_trim(str_cut(rest, '\n', &rest));
        line++;
        if (!l.len || l.ptr[0] == '#') {
            continue;
        }
        str key = str_trim(str_cut(l, '=', &value));
        const struct key *k = value.ptr ? find(key) : NULL;
        if (!k) { /* what stands behind the name may be a secret */
            return err_make(ERR_INVALID,
                            str_fmt(a, "%.*s:%d: not a setting: %.*s", STR_ARG(file), line,
                                    STR_ARG(value.ptr ? key : STR("(no name = value)"))));
        }
        if (!set(a, k, c, str_trim(value))) {
            return err_make(ERR_INVALID, str_fmt(a, "%.*s:%d: not a value of %s: %s", STR_ARG(file),
                                                 line, k->key, what_is(a, k).ptr));
        }
    }
    return OK;
}

static err read_environment(struct arena *a, struct config *c)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        const char *key = settings[i].key;
        char name[40] = "ZHIDU_";
        size_t n = 6;
        for (const char *p = key; *p && n + 1 < sizeof(name); p++) {
            name[n++] = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
        }
        name[n] = '\0';
        const char *v = getenv(name);
        if (v && !set(a, &settings[i], c, str_from(v))) {
            return err_make(ERR_INVALID,
                            str_fmt(a, "%s: not a value: %s", name, what_is(a, &settings[i]).ptr));
        }
    }
    return OK;
}

err config_read(struct arena *a, str file, struct config *ret)
{
    struct config c = {.data = STR("data"),
                       .address = STR("127.0.0.1"),
                       .port = 8080,
                       .organisation = STR("信息中心"),
                       .origin = STR("zhidu.local/ledger"),
                       .log_level = LOG_INFO,
                       .slow_request_ms = 1000,
                       .slow_statement_ms = 200,
                       .request_seconds = 10,
                       .connections_per_address = 2000,
                       .stop_seconds = 25,
                       .security_days = 365,
                       .backup_at = STR("02:30"),
                       .backup_daily = 7,
                       .backup_weekly = 5,
                       .backup_monthly = 12,
                       .sandbox = true};
    const char *env = getenv("ZHIDU_CONFIG");
    str path = file.len ? file : env ? str_from(env) : STR("/etc/zhidu/zhidu.conf");
    bool wanted = file.len || env;
    str text;
    err e = read_file(a, path, &text);
    if (e.code == ERR_NOT_FOUND && !wanted) {
        e = OK;
    } else if (!e.code) {
        c.file = str_copy(a, path);
        e = config_parse(a, path, text, &c);
    }
    if (!e.code) {
        e = read_environment(a, &c);
    }
    if (!e.code) {
        *ret = c;
    }
    return e;
}
