#include "plant.h"

#include "base/buf.h"
#include "base/clock.h"

#include <pthread.h>

/* --- texts --------------------------------------------------------------------- */

uint64_t plant_roll(uint64_t *dice, uint64_t sides)
{
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    return *dice % sides;
}

static const char *const places[] = {"一楼大厅", "二楼东侧", "三楼会议室", "四楼档案室",
                                     "财务科",   "人事科",   "业务一科",   "业务二科",
                                     "值班室",   "北楼机房", "接待窗口",   "培训教室"};
static const char *const things[] = {"打印机",   "扫描仪",   "台式电脑",   "笔记本电脑",
                                     "投影仪",   "交换机",   "无线网络",   "办公系统",
                                     "电子邮箱", "视频会议", "共享文件夹", "考勤系统",
                                     "财务系统", "电话分机", "显示器",     "不间断电源"};
static const char *const troubles[] = {"无法开机",     "频繁卡顿", "连接不上", "提示密码错误",
                                       "打不开附件",   "画面闪烁", "卡纸",     "噪声很大",
                                       "自动重启",     "速度很慢", "无法登录", "数据不同步",
                                       "显示网络受限", "没有声音", "墨粉不足", "保存时报错"};
static const char *const stories[] = {"今天上午开始出现，重启以后暂时恢复，过一会儿又出现。",
                                      "周围同事的设备正常，只有这一台有问题。",
                                      "已经检查过电源和网线，接触良好。",
                                      "屏幕上出现一行英文提示，已经拍照。",
                                      "影响下午的会议，请尽快安排人员处理。",
                                      "上周也发生过一次，当时由值班人员远程处理。",
                                      "换了一个帐号登录，情况相同。",
                                      "最近没有安装新的软件，也没有移动过位置。",
                                      "办事群众正在等待，窗口暂时改用手工登记。",
                                      "更换耗材以后仍然提示同样的内容。"};

#define PICK(list, dice) (list)[plant_roll((dice), sizeof(list) / sizeof((list)[0]))]

str plant_summary(struct arena *a, uint64_t *dice)
{
    const char *place = PICK(places, dice), *thing = PICK(things, dice);
    return str_fmt(a, "%s%s%s %llu", place, thing, PICK(troubles, dice),
                   (unsigned long long)plant_roll(dice, 100000));
}

str plant_description(struct arena *a, uint64_t *dice)
{
    struct buf b = buf_make(a, 4096);
    for (uint64_t n = 2 + plant_roll(dice, 4); n; n--) {
        buf_put(&b, str_from(PICK(stories, dice)));
    }
    return buf_str(&b);
}

/* --- acts, 64 under way ----------------------------------------------------------- */

struct way {
    struct arena arena;
    struct act act;
    struct gang *gang;
    int64_t record; /* what its next act is about; 0: a new one */
    uint64_t fate;
    struct way *next;
};

struct gang {
    struct plant *p;
    void (*fill)(struct way *w); /* something new */
    bool alone;                  /* nothing happens to it afterwards */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct way *idle; /* under lock */
    err result;       /* the first that was no success */
    struct way ways[PLANT_WAYS];
};

static void way_done(struct act *act)
{
    struct way *w = act->user;
    struct gang *g = w->gang;
    pthread_mutex_lock(&g->lock);
    w->next = g->idle;
    g->idle = w;
    pthread_cond_signal(&g->wake);
    pthread_mutex_unlock(&g->lock);
}

static struct way *way_take(struct gang *g)
{
    pthread_mutex_lock(&g->lock);
    while (!g->idle) {
        pthread_cond_wait(&g->wake, &g->lock);
    }
    struct way *w = g->idle;
    g->idle = w->next;
    pthread_mutex_unlock(&g->lock);
    return w;
}

static void put(struct act *act, struct value_in *vals, const char *field, str text)
{
    vals[act->nvalues++] = (struct value_in){.field = str_from(field), .text = text};
    act->values = vals;
}

static void fill_new(struct way *w)
{
    struct plant *p = w->gang->p;
    struct value_in *vals = arena_array(&w->arena, struct value_in, 8);
    w->act.type = STR("fault");
    w->act.action = STR("report");
    w->act.actor = p->people[plant_roll(&p->dice, (uint64_t)p->npeople)];
    put(&w->act, vals, "summary", plant_summary(&w->arena, &p->dice));
    put(&w->act, vals, "description", plant_description(&w->arena, &p->dice));
    put(&w->act, vals, "contact",
        str_fmt(&w->arena, "88%02llu", (unsigned long long)plant_roll(&p->dice, 100)));
    put(&w->act, vals, "place", str_from(PICK(places, &p->dice)));
}

static void fill_wish(struct way *w)
{
    struct plant *p = w->gang->p;
    struct value_in *vals = arena_array(&w->arena, struct value_in, 8);
    w->act.type = STR("wish");
    w->act.action = STR("ask");
    do {
        w->act.actor = p->people[plant_roll(&p->dice, (uint64_t)p->npeople)];
    } while (w->act.actor == p->judge);
    put(&w->act, vals, "what", plant_summary(&w->arena, &p->dice));
    put(&w->act, vals, "why", plant_description(&w->arena, &p->dice));
    put(&w->act, vals, "judge", str_fmt(&w->arena, "%lld", (long long)p->judge));
}

static void fill_next(struct way *w)
{
    struct value_in *vals = arena_array(&w->arena, struct value_in, 4);
    w->act.type = STR("fault");
    w->act.record = w->record;
    w->act.actor = w->gang->p->desk;
    if (w->fate < 6) {
        w->act.action = STR("withdraw");
        put(&w->act, vals, "withdraw_reason", STR("已自行恢复，不再需要处理"));
    } else {
        w->act.action = STR("accept");
        put(&w->act, vals, "verification", STR("已电话核实，情况属实"));
        put(&w->act, vals, "category", STR("hardware"));
    }
}

/* As a request does it: decided on a snapshot first, then handed over. */
static err way_go(struct way *w)
{
    struct gang *g = w->gang;
    struct plant *p = g->p;
    int64_t now = clock_now();
    arena_reset(&w->arena);
    w->act = (struct act){.arena = &w->arena,
                          .now = now,
                          .done = way_done,
                          .user = w,
                          .key = str_fmt(&w->arena, "plant-%llx-%llx",
                                         (unsigned long long)plant_roll(&p->dice, UINT64_MAX),
                                         (unsigned long long)now)};
    if (w->record) {
        fill_next(w);
    } else {
        g->fill(w);
    }
    const struct model *m = engine_model(p->in.engine);
    struct ctx ctx = ctx_make(p->in.engine, m, p->db, &w->arena, now, w->act.actor, w->act.lang);
    db_read_begin(p->db);
    err e = act_check(&ctx, &w->act);
    db_read_end(p->db);
    engine_release(p->in.engine, m);
    return e.code ? e : act_submit(p->in.engine, &w->act);
}

static void way_over(struct gang *g, struct way *w)
{
    struct plant *p = g->p;
    if (!w->act.type.len) {
        return; /* its first turn */
    }
    if (w->act.result.code && !g->result.code) {
        g->result = w->act.result;
        g->result.detail = str_copy(&p->life, g->result.detail);
    }
    if (!w->act.record && !w->act.result.code && g->fill == fill_new) {
        int64_t at =
            p->nids < PLANT_SAMPLE ? p->nids : (int64_t)plant_roll(&p->dice, (uint64_t)p->nids + 1);
        if (at < PLANT_SAMPLE) {
            p->ids[at] = w->act.ret_record;
        }
        p->nids++;
        w->record = w->act.ret_record;
    } else {
        w->record = 0;
    }
}

/* n new ones; then, unless they are left alone, what becomes of them. */
static err plant(struct plant *p, int64_t n, void (*fill)(struct way *), bool alone)
{
    struct gang *g = arena_new(&p->life, struct gang);
    g->p = p;
    g->fill = fill;
    g->alone = alone;
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->wake, NULL);
    for (int i = 0; i < PLANT_WAYS; i++) {
        g->ways[i] = (struct way){.gang = g, .arena = arena_make(8u << 20), .next = g->idle};
        g->idle = &g->ways[i];
    }
    int out = 0; /* ways that are done for good */
    while (out < PLANT_WAYS) {
        struct way *w = way_take(g);
        way_over(g, w);
        if (w->record && (g->alone || w->fate >= 8)) {
            w->record = 0;
        }
        if (g->result.code || (!w->record && n == 0)) {
            out++;
            continue;
        }
        if (!w->record) {
            w->fate = plant_roll(&p->dice, 10);
            n--;
        }
        err e = way_go(w);
        if (e.code) {
            g->result = e;
            g->result.detail = str_copy(&p->life, e.detail);
            out++;
        }
    }
    for (int i = 0; i < PLANT_WAYS; i++) {
        arena_end(&g->ways[i].arena);
    }
    pthread_cond_destroy(&g->wake);
    pthread_mutex_destroy(&g->lock);
    return g->result;
}

err plant_faults(struct plant *p, int64_t n, bool only_reported)
{
    return plant(p, n, fill_new, only_reported);
}

static err person_of(struct plant *p, const char *login, int64_t *ret)
{
    struct rows r;
    err e = db_query(p->db, &p->life, SQL("select id from r_person where f_login = $1"),
                     ARGS(db_text(str_from(login))), &r);
    if (e.code || !rows_next(&r)) {
        return e.code ? e : err_make(ERR_NOT_FOUND, str_from(login));
    }
    *ret = rows_i64(&r, 0);
    return OK;
}

err plant_wishes(struct plant *p, int64_t n, const char *judge)
{
    err e = person_of(p, judge, &p->judge);
    return e.code ? e : plant(p, n, fill_wish, true);
}

/* --- the installation ---------------------------------------------------------------- */

static err find_people(struct plant *p)
{
    struct rows r;
    err e = db_query(p->db, &p->life,
                     SQL("select \"id\", \"f_login\" from \"r_person\" where \"f_login\" is not"
                         " null order by \"id\" limit 15"),
                     NO_ARGS, &r);
    while (!e.code && rows_next(&r)) {
        if (str_eq(rows_text(&r, 1), STR("wu.tao"))) {
            p->desk = rows_i64(&r, 0);
        } else {
            p->people[p->npeople++] = rows_i64(&r, 0);
        }
    }
    return e.code || (p->desk && p->npeople) ? e : err_make(ERR_NOT_FOUND, STR("demo people"));
}

err plant_reporters(struct plant *p, const char *const *logins, size_t n)
{
    p->npeople = 0;
    for (size_t i = 0; i < n; i++) {
        err e = person_of(p, logins[i], &p->people[p->npeople]);
        if (e.code) {
            return e;
        }
        p->npeople++;
    }
    return OK;
}

err plant_open(struct plant *p, str data, bool background)
{
    *p = (struct plant){.life = arena_make((size_t)2 << 30), .dice = 88172645463325252u};
    err e = config_read(&p->life, STR("/dev/null"), &p->config);
    p->config.data = data;
    if (!e.code) {
        e = installation_open(&p->life, &p->config, background, NULL, &p->in);
    }
    if (!e.code) {
        e = engine_reader(p->in.engine, &p->life, &p->db);
    }
    return e.code ? e : find_people(p);
}

void plant_close(struct plant *p)
{
    installation_close(&p->in);
    arena_end(&p->life);
}
