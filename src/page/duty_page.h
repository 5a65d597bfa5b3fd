/* duty_page.h - what duty.html shows: all duties, and one of them with its occurrences. */
#ifndef PAGE_DUTY_PAGE_H
#define PAGE_DUTY_PAGE_H

#include "engine/duty.h"
#include "page/duty_scope.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct duty_line {
    const struct duty_result *r;
    str class; /* of the pill */
    str next;  /* when it is due next; empty: nothing is open */
    str first; /* when its first period begins; empty: one has, or nobody can say */
};
struct duty_case { /* an occurrence */
    const struct duty_row *row;
    struct words state;
    str class, title, due, done, period;
    url about_url, record_url;
    bool about, record; /* it has one that may be shown */
};
struct duty_cases {
    const struct duty_case *ptr;
    size_t len;
};
struct duty_runs { /* occurrences, those a tab says */
    struct duty_tabs tabs;
    struct duty_cases cases;
    bool titled; /* of several duties */
    url next;    /* the page after; `more`: there is one */
    bool more;
};
struct duties_page {
    const struct visit *visit;
    struct {
        const struct duty_line *ptr;
        size_t len;
    } lines; /* the worst first */
    int64_t good;
    bool listed; /* the duties themselves: not where only a unit, post or person is */
    struct duty_runs runs;
    struct duty_history_view history;
    bool tasks; /* tasks report by themselves here (engine/heartbeat.h) */
};
struct duty_page {
    const struct visit *visit;
    const struct duty *duty;
    struct duty_line line;
    str every, met_by, owner;
    struct duty_runs runs;
    struct duty_history_view history;
};

/* What a page of occurrences shows of each. */
struct duty_cases duty_cases_of(struct visit *v, const struct duty_row *rows, size_t n);

#endif
