/* publish_page.h - what publish.html shows: the form of a setting, and what a
 * publication changes. */
#ifndef PAGE_PUBLISH_PAGE_H
#define PAGE_PUBLISH_PAGE_H

#include "engine/publish.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct change_view {
    const struct change *change;
    struct words how;
    struct {
        const struct diff_line *ptr;
        size_t len;
    } lines;
};
struct change_views {
    const struct change_view *ptr;
    size_t len;
};

struct difference_page {
    const struct visit *visit;
    str key, title, when;
    int64_t version, before;
    struct record_ref by; /* id 0: at the command line */
    struct change_views changes;
};

struct local_view {
    const struct record_ref *unit;
    str value;
};
struct setting_option {
    str value, words;
    bool here;
};
struct setting_page {
    const struct visit *visit;
    const struct setting *setting;
    str csrf, law_key, law_title, name, value, now, said, said_class;
    struct words hint;
    int64_t version, epoch; /* epoch 0: nothing to confirm yet */
    bool long_text, sure, bad;
    struct {
        const struct setting_option *ptr;
        size_t len;
    } options;
    struct change_views changes;
    struct {
        const struct local_view *ptr;
        size_t len;
    } locals; /* units with a value of their own */
    struct {
        const struct record_ref *ptr;
        size_t len;
    } units; /* to choose from */
};

#endif
