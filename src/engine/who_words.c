#include "engine/who_words.h"

#include "base/arena.h"
#include "engine/refusal_int.h"

enum { WORDS_MAX = 12 };

struct scan {
    struct arena *a;
    const struct model *m;
    const struct tdef *d;
    str rest;
    struct words list[WORDS_MAX];
    size_t n;
};

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static str take_name(str *rest)
{
    size_t n = 0;
    while (n < rest->len && name_char(rest->ptr[n])) {
        n++;
    }
    str name = str_from_n(rest->ptr, n);
    *rest = str_from_n(rest->ptr + n, rest->len - n);
    return name;
}

/* What follows in quotes: post('keeper', unit) gives keeper. */
static str quoted(str s)
{
    str rest;
    str_cut(s, '\'', &rest);
    return rest.ptr ? str_cut(rest, '\'', &rest) : STR("");
}

static void add(struct scan *s, struct words w)
{
    for (size_t i = 0; i < s->n; i++) {
        if (str_eq(s->list[i].zh, w.zh)) {
            return;
        }
    }
    if (s->n < WORDS_MAX && (w.zh.len || w.en.len)) {
        s->list[s->n++] = w;
    }
}

static void add_post(struct scan *s, str key)
{
    const struct law *l = s->d->law;
    for (size_t i = 0; i < l->nposts; i++) {
        if (str_eq(l->posts[i].key, key)) {
            add(s, l->posts[i].words);
            return;
        }
    }
    const struct type *post = s->m->post;
    const struct field *f = post ? tdef_field(post->newest, STR("position")) : NULL;
    const struct choice_key *k = f ? field_choice(f, key) : NULL;
    if (k) {
        add(s, k->words);
    }
}

static void add_name(struct scan *s, str name)
{
    static const struct {
        const char *name;
        struct words words;
    } fixed[] = {
        {"creator", WORDS_INIT("创建人", "the creator")},
        {"head_of", WORDS_INIT("部门负责人", "the head of the unit")},
        {"leader_of", WORDS_INIT("分管领导", "the leader in charge")},
        {"members", WORDS_INIT("本部门人员", "members of the unit")},
        {"under", WORDS_INIT("本部门及下级部门人员", "members of the unit and those below")},
        {"everyone", WORDS_INIT("所有人", "everybody")},
        {"auto", WORDS_INIT("系统", "the system")},
        {"by", WORDS_INIT("先前的经办人", "who did the earlier step")},
        {"approvers", WORDS_INIT("先前的审批人", "who approved it")},
        {"seated", WORDS_INIT("参加审批的人", "who takes part in its approval")},
        {"answerers", WORDS_INIT("控制点的回答人", "who answers the control")}};
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (str_eq(name, str_from(fixed[i].name))) {
            add(s, fixed[i].words);
            return;
        }
    }
    if (str_eq(name, STR("post")) || str_eq(name, STR("role"))) {
        add_post(s, quoted(s->rest));
        return;
    }
    const struct field *f = tdef_field(s->d, name);
    if (f && (f->type == F_PERSON || f->type == F_PEOPLE)) {
        add(s, f->words);
    }
}

/* Past the operand of `not`: a name with its brackets, or a bracket. */
static void skip_operand(struct scan *s)
{
    s->rest = str_trim(s->rest);
    take_name(&s->rest);
    int depth = 0;
    size_t i = 0;
    for (; i < s->rest.len; i++) {
        char c = s->rest.ptr[i];
        depth += (c == '(') - (c == ')');
        if (depth <= 0 && (c == ')' || c == ' ')) {
            i += c == ')';
            break;
        }
    }
    s->rest = str_from_n(s->rest.ptr + i, s->rest.len - i);
}

struct words who_words(struct arena *a, const struct model *m, const struct tdef *d,
                       const struct people *p)
{
    struct scan s = {.a = a, .m = m, .d = d, .rest = p->text};
    bool in_text = false;
    while (s.rest.len) {
        char c = s.rest.ptr[0];
        if (c == '\'') {
            in_text = !in_text;
        }
        if (in_text || !name_char(c)) {
            s.rest = str_from_n(s.rest.ptr + 1, s.rest.len - 1);
            continue;
        }
        str name = take_name(&s.rest);
        if (str_eq(name, STR("not"))) {
            skip_operand(&s);
        } else {
            add_name(&s, name);
        }
    }
    return s.n ? words_join(a, s.list, s.n) : (struct words){0};
}
