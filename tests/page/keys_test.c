/* Each form of a record's page that makes an act carries a key of its own, so that what is
 * sent twice is done once and answered twice. */
#include "site.h"

#include <string.h>

static void act(struct site *s, struct act *a)
{
    a->arena = s->in.t->life;
    a->actor = s->person;
    a->now = INST_NOW;
    a->type = STR("fault");
    dbs_ok(act_call(s->in.e, a));
}

/* A record with everything a form of its page may be about. */
static int64_t furnished(struct site *s)
{
    struct arena *life = s->in.t->life;
    struct value_in *v = arena_array(life, struct value_in, 3);
    v[0] = (struct value_in){.field = STR("summary"), .text = STR("打印机卡纸")};
    v[1] = (struct value_in){.field = STR("contact"), .text = STR("8832")};
    v[2] = (struct value_in){.field = STR("label"), .text = STR("慢")};
    struct act_file *file = arena_new(life, struct act_file);
    *file = (struct act_file){.name = STR("a"), .mime = STR("text/plain"), .bytes = STR("a")};
    struct act *acts = arena_array(life, struct act, 3);
    acts[0] = (struct act){.action = STR("report"), .values = v, .nvalues = 2};
    act(s, &acts[0]);
    int64_t id = acts[0].ret_record;
    acts[1] = (struct act){.action = STR("attach"), .record = id, .files = file, .nfiles = 1};
    act(s, &acts[1]);
    acts[2] = (struct act){.action = STR("label"), .record = id, .values = v + 2, .nvalues = 1};
    act(s, &acts[2]);
    return id;
}

static str page_of(struct site *s, int64_t id)
{
    struct http_exchange *x = arena_new(s->in.t->life, struct http_exchange);
    struct http_param *cookie = arena_new(s->in.t->life, struct http_param);
    x->arena = arena_make(64 << 20);
    *cookie = (struct http_param){STR("zhidu"), s->token};
    x->req = (struct http_request){.method = HTTP_GET,
                                   .path = str_fmt(s->in.t->life, "/r/fault/%lld", (long long)id),
                                   .cookies = {cookie, 1}};
    x->now = INST_NOW;
    x->app = &s->app;
    x->local = &s->seat;
    assert_int_equal(s->http.handle(x), HTTP_DONE);
    assert_int_equal(x->res.status, 200);
    str body = str_copy(s->in.t->life, x->res.body);
    arena_end(&x->arena);
    return body;
}

static void keys(struct dbs *t)
{
    enum { FORMS = 6 /* detach, attach, comment, watch or another, unlabel, label */ };
    struct site *s = arena_new(t->life, struct site);
    struct words why = {0};
    struct signed_in in;
    str word = STR("a long enough secret");
    site_make(s, t);
    s->person = inst_person(&s->in, "li.lei");
    dbs_ok(people_set_account(s->app.people, t->life, INST_NOW, s->person, STR("li.lei"), word,
                              false, &why));
    dbs_ok(people_sign_in(
        s->app.people, s->in.db, t->life, INST_NOW,
        &(struct sign_in){STR("li.lei"), word, STR("127.0.0.1"), STR("test"), LANG_ZH}, &in));
    s->token = in.token;
    const char *at = page_of(s, furnished(s)).ptr;
    char seen[64][80];
    int forms = 0;
    while ((at = strstr(at, "<form"))) {
        const char *end = strstr(at, "</form>");
        const char *note = strstr(at, "/note/");
        assert_non_null(end);
        if (note && note < strchr(at, '>')) {
            const char *key = strstr(at, "name=\"key\" value=\"");
            if (!key || key > end) {
                fail_msg("no key: %.60s", note);
            }
            assert_int_equal(sscanf(key, "name=\"key\" value=\"%79[^\"]", seen[forms]), 1);
            for (int i = 0; i < forms; i++) {
                assert_string_not_equal(seen[i], seen[forms]);
            }
            forms++;
        }
        at = end;
    }
    assert_in_range(forms, FORMS, 60);
}

static void every_act_of_a_record_s_page_has_a_key_of_its_own(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_act_of_a_record_s_page_has_a_key_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
