/* api_compliance.c - how the regulations are kept: the figures of the pages, by regulation
 * and by standard. */
#include "api/api_int.h"
#include "engine/compliance.h"

/* What some controls say together; the map is closed. */
static void put_tally(struct visit *v, struct json *j, str key, const struct tally *t)
{
    json_key(j, key);
    json_open(j, '{');
    JSON_I64(j, "controls", (int64_t)t->controls);
    JSON_I64(j, "good", (int64_t)t->good);
    JSON_I64(j, "attested", (int64_t)t->attested);
    json_key(j, STR("worst"));
    enum control_state worst = tally_state(t);
    worst == CONTROL_STATES ? json_nil(j) : json_str(j, control_state_key(worst));
    JSON_I64(j, "population", t->sum.n);
    JSON_I64(j, "ok", t->sum.ok);
    JSON_I64(j, "violations", t->sum.violation);
    JSON_I64(j, "in_grace", t->sum.in_grace);
    JSON_I64(j, "waived", t->sum.waived);
    JSON_I64(j, "unknown", t->sum.unknown);
    JSON_I64(j, "duties", (int64_t)t->duties);
    JSON_I64(j, "duties_good", (int64_t)t->duties_good);
    JSON_I64(j, "done", t->owed.done);
    JSON_I64(j, "late", t->owed.late);
    JSON_I64(j, "missed", t->owed.missed);
    JSON_I64(j, "overdue", t->owed.overdue);
    JSON_I64(j, "waiting", t->owed.waiting);
    json_key(j, STR("oldest"));
    api_put_time(v, j, t->oldest);
    json_close(j, '}');
}

static void put_law(struct visit *v, struct json *j, const struct law_state *l)
{
    json_open(j, '{');
    JSON_STR(j, "key", l->law->reg->key);
    json_key(j, STR("title"));
    api_put_words(j, l->law->title);
    JSON_I64(j, "version", l->law->version);
    put_tally(v, j, STR("total"), &l->tally);
    json_key(j, STR("clauses"));
    json_open(j, '{');
    JSON_I64(j, "all", (int64_t)l->nclauses);
    JSON_I64(j, "watched", (int64_t)l->bound[BINDING_CONTROLS]);
    JSON_I64(j, "carried_out", (int64_t)l->bound[BINDING_PROCESS]);
    JSON_I64(j, "manual", (int64_t)l->bound[BINDING_MANUAL]);
    JSON_I64(j, "not_executable", (int64_t)l->bound[BINDING_NOT_EXECUTABLE]);
    JSON_I64(j, "nothing", (int64_t)l->bound[BINDING_NOTHING]);
    json_close(j, '}');
    json_close(j, '}');
}

static void put_standard(struct visit *v, struct json *j, const struct standard_state *s)
{
    json_open(j, '{');
    JSON_STR(j, "key", s->head.key);
    json_key(j, STR("title"));
    api_put_words(j, s->head.title);
    JSON_STR(j, "source", s->head.source);
    JSON_I64(j, "edition", s->head.edition);
    JSON_STR(j, "sha256", s->head.hash);
    put_tally(v, j, STR("total"), &s->tally);
    json_key(j, STR("items"));
    json_open(j, '{');
    JSON_I64(j, "all", s->head.nitems);
    JSON_I64(j, "kept", (int64_t)s->outcomes[ITEM_KEPT]);
    JSON_I64(j, "attested", (int64_t)s->outcomes[ITEM_ATTESTED]);
    JSON_I64(j, "partly", (int64_t)s->outcomes[ITEM_PARTLY]);
    JSON_I64(j, "broken", (int64_t)s->outcomes[ITEM_BROKEN]);
    JSON_I64(j, "unwatched", (int64_t)s->outcomes[ITEM_UNWATCHED]);
    JSON_I64(j, "unmapped", (int64_t)s->outcomes[ITEM_UNMAPPED]);
    json_close(j, '}');
    json_close(j, '}');
}

void api_compliance(struct visit *v)
{
    struct compliance c;
    struct standard_state *standards = NULL;
    size_t n = 0;
    struct batch *asked = standards_list_ask(v->ctx.db, v->ctx.arena);
    err e = compliance_ask(&v->ctx, &c);
    e = e.code ? e : compliance_standards(&v->ctx, &c, asked, &standards, &n);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    struct json j = api_begin(v);
    json_open(&j, '{');
    put_tally(v, &j, STR("total"), &c.tally);
    json_key(&j, STR("regulations"));
    json_open(&j, '[');
    for (size_t i = 0; i < c.nlaws; i++) {
        put_law(v, &j, &c.laws[i]);
    }
    json_close(&j, ']');
    json_key(&j, STR("standards"));
    json_open(&j, '[');
    for (size_t i = 0; i < n; i++) {
        put_standard(v, &j, &standards[i]);
    }
    json_close(&j, ']');
    json_close(&j, '}');
    api_end(v, 200, &j);
}
