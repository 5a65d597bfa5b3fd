/* admin_page.h - what admin.html shows: profile, settings, health, accounts. */
#ifndef PAGE_ADMIN_PAGE_H
#define PAGE_ADMIN_PAGE_H

#include "page/frame.h"
#include "page/show.h"
#include "people/second.h"

#include "gen/frame.html.h"

/* An absence of one's own, or of whom one stands in for. */
struct me_absence {
    struct record_ref rec;
    const struct record_field *from, *until; /* NULL: the register has no such field */
    const struct state *state;
};
struct me_page {
    const struct visit *visit;
    str name, login, csrf, said, said_class, fresh_token;
    struct record_ref person;
    struct session_rows sessions;
    struct token_rows tokens;
    struct second second;
    bool second_on;
    str phrases; /* one a line */
    bool own_phrases;
    const struct type *deputy; /* the register of who acts for whom; NULL: nobody keeps one */
    struct frame_news away;    /* what may be entered there */
    struct {
        const struct me_absence *ptr;
        size_t len;
    } absences; /* those not over yet that concern him */
};

struct admin_page {
    bool administrator;
    bool security; /* may look at the security log */
    bool first;    /* sent here to begin */
};

struct settings_row {
    const struct setting *setting;
    str name, value;
};
struct settings_group {
    str key, title;
    int64_t version;
    struct {
        const struct settings_row *ptr;
        size_t len;
    } rows;
};
struct settings_page {
    bool may; /* change them */
    struct {
        const struct settings_group *ptr;
        size_t len;
    } groups;
};
struct figure_row {
    struct words name;
    str value;
};
struct health_shown {
    str title, state, class, what, remedy, link;
};
struct health_page {
    str state, class;
    struct {
        const struct health_shown *ptr;
        size_t len;
    } checks;
    struct {
        const struct figure_row *ptr;
        size_t len;
    } rows;
};

/* Rights of the program itself: does the actor hold the post of administrator?  When
 * he must and does not, the visit is answered. */
bool admin_is(struct visit *v, bool must);
/* May the actor look at the security log (auditor, security officer, administrator)?
 * False when that cannot be asked: the answer is made. */
bool security_may(struct visit *v, bool *ret);

struct account_page {
    const struct visit *visit;
    str name, csrf, said, said_class;
    str known, login; /* as he signs in, "" by none yet; what stands in the form */
    int64_t person;
    bool second_on, may_reset;
    int64_t second_since, reset_at;
};

#endif
