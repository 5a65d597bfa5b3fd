/* words.h - what people read, in the two languages of the product.
 *
 * Every text stands where it is used, in both languages at once, so neither
 * can be forgotten: WORDS("保存", "Save") in C, {% t "保存" | "Save" %} in a
 * template, {zh: 保存, en: Save} in a definition.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include "base/str.h"

struct arena;

enum lang { LANG_ZH, LANG_EN };

struct words {
    str zh, en;
};

#define WORDS(zh_, en_) ((struct words){.zh = STR(zh_), .en = STR(en_)})

/* The same as an initialiser of a static table. */
#define WORDS_INIT(zh_, en_)        \
    {                               \
        {"" zh_, sizeof(zh_) - 1},  \
        {                           \
            "" en_, sizeof(en_) - 1 \
        }                           \
    }

/* The text in `lang`; the other language where that one is empty. */
static inline str words_in(struct words w, enum lang lang)
{
    bool en = (lang == LANG_EN && w.en.len) || !w.zh.len;
    return en ? w.en : w.zh;
}

/* Two texts put together with the same arguments. */
struct words words_fmt(struct arena *a, const char *zh, const char *en, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));

#endif
