/* calendar_page.h - what calendar.html shows: a month, and on each of its days what is owed. */
#ifndef PAGE_CALENDAR_PAGE_H
#define PAGE_CALENDAR_PAGE_H

#include "page/duty_page.h"

enum {
    CALENDAR_MOST = 400, /* occurrences of a month; the rest is counted by nobody, but told */
    CALENDAR_DAY = 4,    /* of a day, of those that stand and of those that are foreseen; the rest
                            is folded */
};

struct calendar_ahead { /* what is foreseen */
    str key, title, owner;
    str count; /* "12 objects"; empty: the duty has none */
};
struct calendar_aheads {
    const struct calendar_ahead *ptr;
    size_t len;
};
struct calendar_cell {
    int64_t day; /* day number */
    str date;    /* "2026-11-24" */
    int dom, weekday;
    bool inside; /* of the month shown */
    bool worked, today;
    struct duty_cases cases, more; /* more: behind a fold */
    struct calendar_aheads ahead, ahead_more;
    size_t rest; /* of more and ahead_more */
    bool idle;   /* nothing on it */
};
struct calendar_week {
    const struct calendar_cell *ptr;
    size_t len; /* 7 */
};
struct calendar_page {
    const struct visit *visit;
    str month, before, after; /* "2026-11"; before and after empty: no further */
    str title;                /* "2026年11月" */
    bool mine, more;          /* more than CALENDAR_MOST */
    size_t owed, ahead;       /* in the month */
    str until;      /* the last day that is foreseen, where it lies before the month's end */
    bool ahead_cut; /* there is more to foresee than was */
    struct {
        const struct calendar_week *ptr;
        size_t len;
    } weeks;
};

/* "周一" for 1 .. "周日" for 7. */
struct words calendar_weekday(int weekday);

#endif
