#include "base/arena.h"
#include "base/buf.h"
#include "model/diff_int.h"

#include <string.h>

enum { TEXT_MAX = 1 << 20 };

/* Lists of nodes, with whom each is matched on the other side: index + 1, 0: nobody. */
struct side {
    const struct ynode *const *nodes;
    size_t n;
    size_t *other;
};

static const struct {
    const char *key;
    struct words words;
} key_words_of[] = {
    {"zh", WORDS_INIT("名称", "title")},
    {"en", WORDS_INIT("英文名称", "title in English")},
    {"who", WORDS_INIT("由谁审批", "who decides")},
    {"when", WORDS_INIT("何时需要", "when it applies")},
    {"not", WORDS_INIT("谁不得审批", "who may not decide")},
    {"clause", WORDS_INIT("依据条款", "clause")},
    {"rule", WORDS_INIT("表决规则", "how votes count")},
    {"ratio", WORDS_INIT("通过比例", "share that passes")},
    {"votes", WORDS_INIT("通过票数", "votes that pass")},
    {"quorum", WORDS_INIT("最低参加比例", "quorum")},
    {"first", WORDS_INIT("先表态者决定", "the first decides")},
    {"hears_all", WORDS_INIT("等所有人表态", "everybody is heard")},
    {"abstentions", WORDS_INIT("弃权的计算", "how abstentions count")},
    {"removal", WORDS_INIT("减签后的计算", "what a removal does")},
    {"self", WORDS_INIT("申请人在其中时", "where who asks sits here")},
    {"empty", WORDS_INIT("无人可审批时", "where nobody can sit")},
    {"substitute", WORDS_INIT("代替的审批人", "who sits instead")},
    {"dedup", WORDS_INIT("重复的审批人", "who has approved before")},
    {"fail", WORDS_INIT("未通过时", "where it fails")},
    {"term", WORDS_INIT("办理时限", "term")},
    {"remind", WORDS_INIT("提醒间隔", "time between reminders")},
    {"reminders", WORDS_INIT("提醒次数", "reminders")},
    {"escalate", WORDS_INIT("逾期上报", "escalation")},
    {"late", WORDS_INIT("逾期的后果", "what lateness does")},
    {"take_back", WORDS_INIT("可以拿回的时间", "time to take back")},
    {"add", WORDS_INIT("加签人数上限", "most people added")},
    {"opinion", WORDS_INIT("意见的要求", "whether an opinion is needed")},
    {"signature", WORDS_INIT("签名", "signature")},
    {"copy", WORDS_INIT("抄送", "copies")},
    {"rounds", WORDS_INIT("提交轮数上限", "most rounds")},
    {"withdraw", WORDS_INIT("申请人何时可撤回", "when the author may withdraw")},
};

static struct words words_of_key(str key)
{
    for (size_t i = 0; i < sizeof(key_words_of) / sizeof(key_words_of[0]); i++) {
        if (str_eq(key, str_from(key_words_of[i].key))) {
            return key_words_of[i].words;
        }
    }
    return (struct words){key, key};
}

static str text_of(const struct ynode *map, const char *key)
{
    const struct ynode *n = yaml_get(map, str_from(key));
    return n && n->kind == Y_TEXT ? n->text : STR("");
}

static struct side side_of(struct arena *a, const struct ynode *route)
{
    const struct ynode *list =
        route && route->kind == Y_MAP ? yaml_get(route, STR("nodes")) : route;
    struct side s = {0};
    if (list && list->kind == Y_LIST) {
        s.nodes = list->items;
        s.n = list->len;
    }
    s.other = arena_array(a, size_t, s.n + 1);
    return s;
}

static bool same_place(const struct side *x, size_t i, const struct side *y, size_t k, int how)
{
    str title = text_of(x->nodes[i], "zh");
    switch (how) {
    case 0:
        return diff_same(x->nodes[i], y->nodes[k]);
    case 1:
        return title.len && str_eq(title, text_of(y->nodes[k], "zh"));
    default:
        return i == k;
    }
}

static void match(struct side *x, struct side *y)
{
    for (int how = 0; how < 3; how++) {
        for (size_t i = 0; i < x->n; i++) {
            for (size_t k = 0; k < y->n && !x->other[i]; k++) {
                if (!y->other[k] && same_place(x, i, y, k, how)) {
                    x->other[i] = k + 1;
                    y->other[k] = i + 1;
                }
            }
        }
    }
}

/* "第 2 个审批环节（部门会签）：表决规则" */
static struct words node_words(struct arena *a, const struct ynode *n, size_t i, struct words what)
{
    str zh = text_of(n, "zh");
    str en = text_of(n, "en");
    en = en.len ? en : zh;
    return (struct words){str_fmt(a, "第 %d 个环节%s%.*s%s：%.*s", (int)i + 1, zh.len ? "“" : "",
                                  STR_ARG(zh), zh.len ? "”" : "", STR_ARG(what.zh)),
                          str_fmt(a, "node %d%s%.*s%s: %.*s", (int)i + 1, en.len ? " \"" : "",
                                  STR_ARG(en), en.len ? "\"" : "", STR_ARG(what.en))};
}

/* Each key that differs, in words. */
static void compare_keys(struct differ *d, str name, const struct ynode *x, const struct ynode *y,
                         bool is_node, size_t i)
{
    const struct ynode *maps[] = {y, x};
    for (int k = 0; k < 2; k++) {
        const struct ynode *m = maps[k];
        for (size_t j = 0; m && m->kind == Y_MAP && j < m->len; j++) {
            str key = m->pairs[j].key;
            const struct ynode *was = yaml_get(x, key);
            const struct ynode *is = yaml_get(y, key);
            if ((k == 1 && is) || diff_same(was, is) || str_eq(key, STR("nodes"))) {
                continue;
            }
            struct words what = words_of_key(key);
            diff_say(d, CHANGE_APPROVAL, name, is_node ? node_words(d->a, y, i, what) : what,
                     diff_flow(d->a, was), diff_flow(d->a, is));
        }
    }
}

/* The nodes in their order, one a line. */
static str titles(struct arena *a, const struct side *s)
{
    struct buf b = buf_make(a, TEXT_MAX);
    for (size_t i = 0; i < s->n; i++) {
        str zh = text_of(s->nodes[i], "zh");
        str en = text_of(s->nodes[i], "en");
        buf_put_fmt(&b, "%s%d. ", i ? "\n" : "", (int)i + 1);
        if (zh.len) {
            buf_put_fmt(&b, "%.*s%s%.*s", STR_ARG(zh), en.len ? " | " : "", STR_ARG(en));
        } else {
            buf_put(&b, diff_flow(a, yaml_get(s->nodes[i], STR("who"))));
        }
    }
    return buf_str(&b);
}

static bool moved(const struct side *y)
{
    size_t last = 0;
    for (size_t i = 0; i < y->n; i++) {
        if (y->other[i] && y->other[i] < last) {
            return true;
        }
        last = y->other[i] ? y->other[i] : last;
    }
    return false;
}

void diff_route(struct differ *d, str name, const struct ynode *before, const struct ynode *next)
{
    if (diff_same(before, next)) {
        return;
    }
    struct side x = side_of(d->a, before);
    struct side y = side_of(d->a, next);
    match(&x, &y);
    for (size_t i = 0; i < y.n; i++) {
        if (y.other[i]) {
            compare_keys(d, name, x.nodes[y.other[i] - 1], y.nodes[i], true, i);
        } else {
            diff_say(d, CHANGE_APPROVAL, name,
                     node_words(d->a, y.nodes[i], i, WORDS("新增环节", "a new node")), STR(""),
                     diff_flow(d->a, y.nodes[i]));
        }
    }
    for (size_t i = 0; i < x.n; i++) {
        if (!x.other[i]) {
            diff_say(d, CHANGE_APPROVAL, name,
                     node_words(d->a, x.nodes[i], i, WORDS("取消环节", "the node is gone")),
                     diff_flow(d->a, x.nodes[i]), STR(""));
        }
    }
    if (moved(&y)) {
        diff_say(d, CHANGE_APPROVAL, name, WORDS("环节的顺序", "order of the nodes"),
                 titles(d->a, &x), titles(d->a, &y));
    }
    const struct ynode *was = before && before->kind == Y_MAP ? before : NULL;
    const struct ynode *is = next && next->kind == Y_MAP ? next : NULL;
    compare_keys(d, name, was, is, false, 0);
}
