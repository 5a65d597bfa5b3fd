/* duty_page.h - what duty.html shows: all duties, and one of them with its occurrences. */
#ifndef PAGE_DUTY_PAGE_H
#define PAGE_DUTY_PAGE_H

#include "engine/duty.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/frame.html.h"

struct duty_line {
    const struct duty_result *r;
    str class; /* of the pill */
    str next;  /* when it is due next; empty: nothing is open */
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
struct duty_tab {
    str key;
    struct words words;
    bool here;
};
struct duty_tabs {
    const struct duty_tab *ptr;
    size_t len;
};
struct duties_page {
    const struct visit *visit;
    struct {
        const struct duty_line *ptr;
        size_t len;
    } lines; /* the worst first */
    int64_t good;
    struct duty_tabs tabs;
    str show;
    struct duty_cases cases;
    int64_t next; /* the page after; 0: none */
    bool tasks;   /* tasks report by themselves here (engine/heartbeat.h) */
};
struct duty_page {
    const struct visit *visit;
    const struct duty *duty;
    struct duty_line line;
    str every, met_by, owner;
    struct {
        const struct duty_person *ptr;
        size_t len;
    } people;
    struct duty_cases cases;
    int64_t next;
};

/* "7 of 9 in time, 1 late, 1 missed, 2 open" */
str duty_figures(const struct visit *v, const struct duty_counts *c);
/* What a page of occurrences shows of each. */
struct duty_cases duty_cases_of(struct visit *v, const struct duty_row *rows, size_t n);

#endif
