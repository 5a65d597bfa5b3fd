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

const struct asset *asset_named(str name)
{
    for (size_t i = 0; i < assets_len; i++) {
        if (str_eq(assets[i].name, name)) {
            return &assets[i];
        }
    }
    return NULL;
}

url asset_url(const char *name)
{
    const struct asset *a = asset_named(str_from(name));
    return a ? (url){a->path} : url_local(STR("/"));
}
