#include "base/code128.h"

enum { TO_C = 99, TO_B = 100, START_B = 104, START_C = 105, STOP = 106, CHECK = 103 };

/* Widths of the symbols by value (table 1 of the standard); all but the last, which
 * stops, are three bars and three spaces of 11 modules. */
static const char patterns[][8] = {
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312",  "132212",
    "221213", "221312", "231212", "112232", "122132", "122231", "113222", "123122",  "123221",
    "223211", "221132", "221231", "213212", "223112", "312131", "311222", "321122",  "321221",
    "312212", "322112", "322211", "212123", "212321", "232121", "111323", "131123",  "131321",
    "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331",  "132131",
    "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311",  "213131",
    "311123", "311321", "331121", "312113", "312311", "332111", "314111", "221411",  "431111",
    "111224", "111422", "121124", "121421", "141122", "141221", "112214", "112412",  "122114",
    "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",  "111242",
    "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211",  "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113",  "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
};

static size_t digits(str s)
{
    size_t n = 0;
    while (n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9') {
        n++;
    }
    return n;
}

static void put(struct code128 *c, int value)
{
    c->values[c->n++] = (unsigned char)value;
}

/* Set C where digits fill it: four or more at an end, six or more between. */
static bool worth_c(str rest, bool first)
{
    size_t n = digits(rest);
    return n >= 6 || (n >= 4 && (first || n == rest.len)) || (first && n == 2 && rest.len == 2);
}

static void put_data(struct code128 *c, str text)
{
    bool in_c = worth_c(text, true) && digits(text) % 2 == 0;
    put(c, in_c ? START_C : START_B);
    for (size_t i = 0; i < text.len;) {
        str rest = str_from_n(text.ptr + i, text.len - i);
        if (in_c && digits(rest) >= 2) {
            put(c, (text.ptr[i] - '0') * 10 + text.ptr[i + 1] - '0');
            i += 2;
        } else if (!in_c && digits(rest) % 2 == 0 && worth_c(rest, false)) {
            put(c, TO_C);
            in_c = true;
        } else {
            if (in_c) {
                put(c, TO_B);
                in_c = false;
            }
            put(c, text.ptr[i++] - ' ');
        }
    }
}

bool code128(str text, struct code128 *ret)
{
    *ret = (struct code128){.n = 0};
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < ' ' || text.ptr[i] > '~') {
            return false;
        }
    }
    if (!text.len || text.len > CODE128_TEXT_MAX) {
        return false;
    }
    put_data(ret, text);
    int sum = ret->values[0];
    for (int i = 1; i < ret->n; i++) {
        sum += i * ret->values[i];
    }
    put(ret, sum % CHECK);
    put(ret, STOP);
    for (int i = 0; i < ret->n; i++) {
        for (const char *p = patterns[ret->values[i]]; *p; p++) {
            ret->widths[ret->nwidths++] = (unsigned char)(*p - '0');
            ret->modules += *p - '0';
        }
    }
    return true;
}
