/* trend.h - what controls were day by day, as a picture made here and as a table beside it. */
#ifndef PAGE_TREND_H
#define PAGE_TREND_H

#include "engine/control_history.h"
#include "page/show.h"

struct trend_bar {
    int64_t x, y, height; /* in the picture's own units */
    str class;            /* of the state: good, wait, bad, end */
    str title;            /* "2026-11-24: 3 / 57" */
};
struct trend_row {
    str day;
    enum control_state state;
    str class;
    int64_t first, of; /* overall: controls kept; of one: records that do not hold */
};
enum { TREND_WIDTH = HISTORY_CHART * 8, TREND_HEIGHT = 72 };

struct trend {
    const struct visit *visit;
    bool all;            /* of all controls: height is how many are kept */
    str from, to, words; /* its ends, and what it says to whoever does not see it */
    int64_t most;        /* what the full height stands for */
    struct {
        const struct trend_bar *ptr;
        size_t len;
    } bars; /* the oldest first; days that nobody looked at have none */
    struct {
        const struct trend_row *ptr;
        size_t len;
    } rows; /* the newest first */
};

/* Days of one control, or (`all`) of all of them. */
struct trend trend_of(const struct visit *v, bool all, const struct control_day *days, size_t n);
/* "2 天 4 小时", "3 h 5 min"; less than a minute: "0 分钟". */
str trend_length(const struct visit *v, int64_t ms);

#endif
