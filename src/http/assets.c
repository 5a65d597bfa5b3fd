#include "http/assets.h"

const struct asset *asset_find(str path)
{
    for (size_t i = 0; i < assets_len; i++) {
        if (str_eq(assets[i].path, path)) {
            return &assets[i];
        }
    }
    return NULL;
}

url asset_url(const char *name)
{
    str want = str_from(name);
    for (size_t i = 0; i < assets_len; i++) {
        if (str_eq(assets[i].name, want)) {
            return (url){assets[i].path};
        }
    }
    return url_local(STR("/"));
}
