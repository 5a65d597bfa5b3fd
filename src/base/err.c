#include "base/err.h"

#include <assert.h>
#include <errno.h>

static const struct err_info {
    const char *name;
    int http;
    struct words words;
} infos[] = {
#define ERR_ROW(code, http, zh_, en_) \
    [ERR_##code] = {                  \
        #code,                        \
        http,                         \
        {.zh = {.ptr = zh_, .len = sizeof(zh_) - 1}, .en = {.ptr = en_, .len = sizeof(en_) - 1}}},
    ERR_LIST(ERR_ROW)
#undef ERR_ROW
};

static const struct err_info *info(enum err_code code)
{
    assert((unsigned)code < ERR_COUNT);
    return &infos[code];
}

enum err_code err_of_write(int why)
{
    return why == EMFILE || why == ENFILE || why == ENOMEM ? ERR_BUSY : ERR_DISK;
}

const char *err_name(enum err_code code)
{
    return info(code)->name;
}

int err_http(enum err_code code)
{
    return info(code)->http;
}

struct words err_words(enum err_code code)
{
    return info(code)->words;
}
