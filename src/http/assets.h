/* assets.h - files packed into the program: styles, scripts, icons.
 *
 * Their address carries a hash of the content, so they are served as immutable
 * and a new version has a new address.  The table is made by tool/embed.sh.
 */
#ifndef HTTP_ASSETS_H
#define HTTP_ASSETS_H

#include "base/html.h"

struct asset {
    str name; /* "app.css" */
    str path; /* "/assets/0123456789abcdef/app.css": nothing in it needs an escape */
    str type;
    str etag;
    str raw, gz, br; /* gz, br: empty when not worth it */
};

extern const struct asset assets[];
extern const size_t assets_len;
extern const str asset_icons; /* the address of icons.svg up to the name of one: dozens on a page */

/* By address; NULL when there is none. */
const struct asset *asset_find(str path);
/* By name; NULL when there is none. */
const struct asset *asset_named(str name);
/* The address of a name known when the program is written; "/" when there is none. */
url asset_url(const char *name);

#endif
