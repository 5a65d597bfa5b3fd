#include "connect/ical.h"

#include "base/clock.h"
#include "base/version.h"

enum { FOLD = 75 /* octets of a line, without its end */ };

/* NAME:value, folded. */
static void put_line(struct buf *b, const char *name, str value)
{
    size_t at = strlen(name);
    buf_put(b, str_from_n(name, at));
    for (size_t i = 0; i < value.len;) {
        size_t n = 1;
        while (i + n < value.len && ((unsigned char)value.ptr[i + n] & 0xc0) == 0x80) {
            n++;
        }
        if (at + n > FOLD) {
            buf_put(b, STR("\r\n "));
            at = 1;
        }
        buf_put(b, str_from_n(value.ptr + i, n));
        at += n;
        i += n;
    }
    buf_put(b, STR("\r\n"));
}

static void put_text(struct buf *b, const char *name, str text)
{
    struct buf t = buf_make(b->arena, 2 * text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n') {
            buf_put(&t, STR("\\n"));
        } else if (c == '\\' || c == ';' || c == ',') {
            buf_put_c(&t, '\\');
            buf_put_c(&t, c);
        } else if ((unsigned char)c >= ' ' && c != 0x7f) {
            buf_put_c(&t, c);
        }
    }
    put_line(b, name, buf_str(&t));
}

void ical_begin(struct buf *b, str name)
{
    put_line(b, "BEGIN:", STR("VCALENDAR"));
    put_line(b, "VERSION:", STR("2.0"));
    put_line(b, "PRODID:", STR("-//Zhidu//" ZHIDU_VERSION "//ZH"));
    put_line(b, "CALSCALE:", STR("GREGORIAN"));
    put_line(b, "METHOD:", STR("PUBLISH"));
    put_text(b, "X-WR-CALNAME:", name);
}

static void put_day(struct buf *b, const char *name, int64_t day)
{
    struct clock_civil c = clock_civil_day(day);
    put_line(b, name, str_fmt(b->arena, "%04d%02d%02d", c.year, c.month, c.day));
}

void ical_put(struct buf *b, const struct ical_day *d, int64_t now)
{
    struct clock_civil c = clock_civil_at(now, 0);
    put_line(b, "BEGIN:", STR("VEVENT"));
    put_text(b, "UID:", d->uid);
    put_line(b, "DTSTAMP:",
             str_fmt(b->arena, "%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day, c.hour,
                     c.minute, c.second));
    put_day(b, "DTSTART;VALUE=DATE:", d->day);
    put_day(b, "DTEND;VALUE=DATE:", d->day + 1);
    put_text(b, "SUMMARY:", d->summary);
    put_text(b, "DESCRIPTION:", d->description);
    if (d->url.len) {
        put_line(b, "URL:", d->url);
    }
    put_line(b, "STATUS:",
             d->cancelled   ? STR("CANCELLED")
             : d->tentative ? STR("TENTATIVE")
                            : STR("CONFIRMED"));
    put_line(b, "TRANSP:", STR("TRANSPARENT"));
    put_line(b, "END:", STR("VEVENT"));
}

void ical_end(struct buf *b)
{
    put_line(b, "END:", STR("VCALENDAR"));
}
