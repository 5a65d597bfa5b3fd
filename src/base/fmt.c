#include "base/fmt.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct out {
    char *to;
    size_t cap, len;
};

static void put(struct out *o, const char *p, size_t n)
{
    if (o->len < o->cap) {
        size_t room = o->cap - o->len;
        memcpy(o->to + o->len, p, n < room ? n : room);
    }
    o->len += n;
}

struct spec {
    bool zero;
    int width;
    int precision; /* -1: none */
    int longs;     /* of l; 3: z */
};

static char *decimal(char *p, uint64_t v)
{
    while (v > UINT32_MAX) {
        *--p = (char)('0' + v % 10);
        v /= 10;
    }
    uint32_t w = (uint32_t)v; /* divides faster */
    do {
        *--p = (char)('0' + w % 10);
        w /= 10;
    } while (w);
    return p;
}

static char *hexadecimal(char *p, uint64_t v)
{
    do {
        *--p = "0123456789abcdef"[v % 16];
        v /= 16;
    } while (v);
    return p;
}

static void number(struct out *o, const struct spec *s, uint64_t v, bool minus, bool hex)
{
    char text[160]; /* width < 100 */
    char *end = text + sizeof(text);
    char *p = hex ? hexadecimal(end, v) : decimal(end, v);
    int pad = s->width - (int)(end - p) - minus;
    if (minus && !s->zero) {
        *--p = '-';
    }
    for (; pad > 0; pad--) {
        *--p = s->zero ? '0' : ' ';
    }
    if (minus && s->zero) {
        *--p = '-';
    }
    put(o, p, (size_t)(end - p));
}

/* After the percent sign; NULL: unknown. */
static const char *read_spec(const char *f, struct spec *s, int star)
{
    *s = (struct spec){.precision = -1};
    if (*f == '0') {
        s->zero = true;
        f++;
    }
    while (*f >= '0' && *f <= '9' && s->width < 100) {
        s->width = s->width * 10 + (*f++ - '0');
    }
    if (f[0] == '.' && f[1] == '*') {
        s->precision = star;
        f += 2;
    }
    if (*f == 'z') {
        s->longs = 3;
        return f + 1;
    }
    while (*f == 'l' && s->longs < 2) {
        s->longs++;
        f++;
    }
    return s->width < 100 ? f : NULL;
}

static bool has_star(const char *f)
{
    while (*f >= '0' && *f <= '9') {
        f++;
    }
    return f[0] == '.' && f[1] == '*';
}

static void text(struct out *o, const struct spec *s, const char *p)
{
    p = p ? p : s->precision == 0 ? "" : "(null)";
    put(o, p, s->precision >= 0 ? strnlen(p, (size_t)s->precision) : strlen(p));
}

size_t fmt_put(char *to, size_t cap, const char *fmt, va_list ap)
{
    struct out o = {.to = to, .cap = cap};
    for (const char *f = fmt; *f;) {
        const char *next = strchr(f, '%');
        size_t plain = next ? (size_t)(next - f) : strlen(f);
        put(&o, f, plain);
        if (!next) {
            break;
        }
        f = next + 1;
        struct spec s;
        f = read_spec(f, &s, has_star(f) ? va_arg(ap, int) : 0);
        bool bare = f && !s.zero && !s.width && !s.longs; /* for texts */
        if (!f || (s.precision != -1 && *f != 's')) {
            return FMT_UNKNOWN;
        }
        if (*f == 's' && bare) {
            text(&o, &s, va_arg(ap, const char *));
        } else if (*f == 'c' && bare) {
            char c = (char)va_arg(ap, int);
            put(&o, &c, 1);
        } else if (*f == '%' && bare) {
            put(&o, "%", 1);
        } else if (*f == 'd') {
            int64_t v = s.longs ? va_arg(ap, int64_t) : va_arg(ap, int);
            number(&o, &s, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0, false);
        } else if (*f == 'u' || *f == 'x') {
            uint64_t v = s.longs ? va_arg(ap, uint64_t) : va_arg(ap, unsigned);
            number(&o, &s, v, false, *f == 'x');
        } else {
            return FMT_UNKNOWN;
        }
        f++;
    }
    return o.len;
}
