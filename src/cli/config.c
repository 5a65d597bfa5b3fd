#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 };

static err read_file(struct arena *a, str path, str *ret)
{
    FILE *f = fopen(str_copy(a, path).ptr, "re");
    if (!f) {
        return err_make(ERR_NOT_FOUND, path);
    }
    char *p = arena_bytes(a, FILE_MAX + 1);
    size_t n = fread(p, 1, FILE_MAX + 1, f);
    fclose(f);
    if (n > FILE_MAX) {
        return err_make(ERR_TOO_LARGE, path);
    }
    *ret = str_from_n(p, n);
    return OK;
}

static bool set(struct arena *a, struct config *c, str key, str value)
{
    struct {
        const char *key;
        str *to;
    } texts[] = {{"data", &c->data},
                 {"database", &c->database},
                 {"address", &c->address},
                 {"public_url", &c->public_url},
                 {"organisation", &c->organisation},
                 {"origin", &c->origin},
                 {"tls_cert", &c->tls_cert},
                 {"tls_key", &c->tls_key},
                 {"secret_key", &c->secret_key},
                 {"proxies", &c->proxies},
                 {"signer", &c->signer}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (str_eq(key, str_from(texts[i].key))) {
            *texts[i].to = str_copy(a, value);
            return true;
        }
    }
    int64_t n;
    if (str_eq(key, STR("port")) && str_to_i64(value, &n) && n > 0 && n < 65536) {
        c->port = (int)n;
        return true;
    }
    if (str_eq(key, STR("demo"))) {
        c->demo = str_eq(value, STR("yes"));
        return c->demo || str_eq(value, STR("no"));
    }
    return false;
}

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
        if (!value.ptr || !set(a, c, key, str_trim(value))) {
            return err_make(ERR_INVALID, str_fmt(a, "%.*s:%d: not a setting: %.*s", STR_ARG(file),
                                                 line, STR_ARG(l)));
        }
    }
    return OK;
}

static err read_environment(struct arena *a, struct config *c)
{
    static const char *const keys[] = {
        "data",     "database", "address",    "port",    "public_url", "organisation", "origin",
        "tls_cert", "tls_key",  "secret_key", "proxies", "signer",     "demo"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char name[40] = "ZHIDU_";
        size_t n = 6;
        for (const char *p = keys[i]; *p && n + 1 < sizeof(name); p++) {
            name[n++] = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
        }
        name[n] = '\0';
        const char *v = getenv(name);
        if (v && !set(a, c, str_from(keys[i]), str_from(v))) {
            return err_make(ERR_INVALID, str_fmt(a, "%s: not a value: %s", name, v));
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
                       .origin = STR("zhidu.local/ledger")};
    const char *env = getenv("ZHIDU_CONFIG");
    str path = file.len ? file : env ? str_from(env) : STR("/etc/zhidu/zhidu.conf");
    bool wanted = file.len || env;
    str text;
    err e = read_file(a, path, &text);
    if (e.code == ERR_NOT_FOUND && !wanted) {
        e = OK;
    } else if (!e.code) {
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
