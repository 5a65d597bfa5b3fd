/* How a sample was drawn: what the record says is held against the ledger; it holds when the
 * population was sealed first, the nonce came after it and the checkpoint after the nonce, and
 * the seed is what these give; else it says what is wrong. */
#include "base/enc.h"
#include "engine/draw.h"
#include "engine/evidence.h"
#include "engine/house.h"
#include "ledger/sample.h"

#include <string.h>

static const char law[] = HOUSE_DESK
    "types:\n" HOUSE_THING "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what], may: [n], clause: c, zh: 存, en: Keep}\n"
    "  audit:\n"
    "    title: {zh: 检查, en: Audit}\n"
    "    number: \"A-{seq:3}\"\n"
    "    name: \"{what}\"\n"
    "    see: everyone\n"
    "    draw: {entry: sealed, size: many, nonce: my_word, checkpoint: upto, root: root_of,\n"
    "      seed: grain}\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 名, en: What}\n"
    "      sealed: {type: int, zh: 封, en: Sealed}\n"
    "      many: {type: int, zh: 数, en: Many}\n"
    "      my_word: {type: text, max: 100, zh: 言, en: Word}\n"
    "      upto: {type: int, zh: 点, en: At}\n"
    "      root_of: {type: text, max: 100, zh: 根, en: Root}\n"
    "      grain: {type: text, max: 64, zh: 种, en: Grain}\n"
    "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "    actions:\n"
    "      plan: {to: kept, who: everyone, asks: [what], clause: c, zh: 计, en: Plan}\n"
    "      say: {from: kept, who: everyone, may: [sealed, many, my_word, upto, root_of, grain],\n"
    "        clause: c, zh: 言, en: Say}\n"
    "controls:\n"
    "  few: {over: thing, holds: n <= 10, clause: c, zh: 不多, en: Few}\n";

enum { THINGS = 20, DRAWN = 3 };
#define WORD "it's 7391"

static err a_line(void *arg, const struct evidence_line *l)
{
    (void)arg;
    (void)l;
    return OK;
}

static bool on(void *arg, int64_t done)
{
    (void)arg;
    (void)done;
    return true;
}

/* The entry of a package about all things. */
static int64_t seal(struct house *h)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct evidence_take take = {.line = a_line, .goes_on = on};
    struct evidence x;
    int64_t seq;
    dbs_ok(evidence_read(&ctx, model_control(house_model(h), STR("few")), &take, &x));
    dbs_ok(evidence_enter(h->e, h->a, &x, NULL, 0, h->amy, h->now, &seq));
    return seq;
}

static int64_t entries(struct house *h)
{
    return house_i64(h, SQL("select max(seq) + 1 from ledger_leaf"), NO_ARGS);
}

static str root_text(struct house *h, int64_t size)
{
    unsigned char bytes[32];
    memset(bytes, (int)size, sizeof(bytes));
    return enc_base64(h->a, str_from_n((const char *)bytes, sizeof(bytes)));
}

/* A checkpoint of so many entries is kept; whether its signature holds is for who verifies. */
static void sign(struct house *h, int64_t size)
{
    char sig[68] = {0};
    str note = str_fmt(h->a, "desk\n%lld\n%.*s\n\n— desk %.*s\n", (long long)size,
                       STR_ARG(root_text(h, size)),
                       STR_ARG(enc_base64(h->a, str_from_n(sig, sizeof(sig)))));
    dbs_ok(db_exec(house_db(h), h->a,
                   SQL("insert into ledger_checkpoint(size, note, signed_at) values ($1, $2, $3)"),
                   ARGS(db_i64(size), db_text(note), db_i64(h->now))));
}

static struct draw look(struct house *h, int64_t id)
{
    struct ctx ctx = house_ctx(h, h->amy);
    struct record rec;
    struct draw d;
    dbs_ok(record_get(&ctx, house_type(h, "audit"), id, &rec));
    dbs_ok(draw_of(&ctx, &rec, &d));
    assert_int_equal(d.nwrong > 0, d.state == DRAW_BROKEN);
    return d;
}

static int64_t audit(struct house *h)
{
    int64_t id = house_create(h, h->amy, "audit", "what", "x", NULL);
    assert_done(h, id);
    return id;
}

#define SAY(h, id, ...) \
    assert_done((h), house_do((h), (h)->amy, "audit", (id), "say", __VA_ARGS__, NULL))

static const char *zstr(struct house *h, str s)
{
    return str_fmt(h->a, "%.*s%c", STR_ARG(s), '\0').ptr;
}

static void says(const struct draw *d, const char *piece)
{
    for (size_t i = 0; i < d->nwrong; i++) {
        if (str_has(words_in(d->wrong[i], LANG_EN), str_from(piece)) &&
            words_in(d->wrong[i], LANG_ZH).len) {
            return;
        }
    }
    fail_msg("not said: %s", piece);
}

static void a_draw_that_holds_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    for (int i = 0; i < THINGS; i++) {
        assert_done(&h, house_create(&h, h.amy, "thing", "what", "x", "n", "1", NULL));
    }
    int64_t id = audit(&h);
    assert_int_equal(look(&h, id).state, DRAW_NONE);
    int64_t sealed = seal(&h);
    SAY(&h, id, "sealed", house_text(&h, sealed), "many", "3", "my_word", WORD);
    struct draw d = look(&h, id);
    assert_int_equal(d.state, DRAW_BEGUN);
    assert_int_equal(d.first, 0);
    assert_true(d.n == THINGS && d.population.len == 64 && d.stated > sealed);
    assert_int_equal(draw_command(h.a, &d).len, 0);
    int64_t size = entries(&h);
    sign(&h, size);
    SAY(&h, id, "upto", house_text(&h, size), "root_of", zstr(&h, root_text(&h, size)));
    d = look(&h, id);
    assert_int_equal(d.state, DRAW_BEGUN); /* the seed is to be entered */
    struct hasher *hash = hash_make(h.a);
    struct hash root;
    int64_t places[DRAWN];
    memset(root.b, (int)size, sizeof(root.b));
    struct hash seed = sample_seed(hash, &root, STR(WORD), STR("A-001"), STR("few"));
    assert_int_equal(sample_draw(hash, &seed, THINGS, DRAWN, places), DRAWN);
    SAY(&h, id, "grain", zstr(&h, enc_hex(h.a, hash_str(&seed))));
    d = look(&h, id);
    assert_int_equal(d.state, DRAW_HOLDS);
    assert_int_equal(d.nplaces, DRAWN);
    assert_memory_equal(d.places, places, sizeof(places));
    str command = draw_command(h.a, &d);
    assert_true(str_has(command, STR("--nonce 'it'\\''s 7391' --campaign 'A-001' --draw 3")));
    /* One that was signed later might have been waited for. */
    assert_done(&h, house_create(&h, h.amy, "thing", "what", "x", "n", "1", NULL));
    int64_t later = entries(&h);
    sign(&h, later);
    SAY(&h, id, "upto", house_text(&h, later), "root_of", zstr(&h, root_text(&h, later)));
    d = look(&h, id);
    says(&d, "not the first that was signed");
    assert_int_equal(d.first, size);
    assert_true(str_eq(d.first_root, root_text(&h, size)));
    SAY(&h, id, "upto", house_text(&h, size), "root_of", zstr(&h, root_text(&h, size)));
    assert_int_equal(look(&h, id).state, DRAW_HOLDS);
    /* another word afterwards is seen: it is newer than the checkpoint */
    SAY(&h, id, "my_word", "another");
    d = look(&h, id);
    says(&d, "signed before the nonce");
    says(&d, "not what these things give");
}

static void what_is_wrong_is_said_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    assert_done(&h, house_create(&h, h.amy, "thing", "what", "x", "n", "1", NULL));
    int64_t id = audit(&h);
    int64_t early = entries(&h);
    sign(&h, early);
    SAY(&h, id, "my_word", WORD, "many", "1");
    int64_t sealed = seal(&h);
    SAY(&h, id, "sealed", house_text(&h, sealed));
    struct draw d = look(&h, id);
    assert_int_equal(d.nwrong, 1);
    says(&d, "not entered after the population was sealed");
    SAY(&h, id, "my_word", "anew");
    assert_int_equal(look(&h, id).state, DRAW_BEGUN);
    SAY(&h, id, "upto", house_text(&h, early), "root_of", zstr(&h, root_text(&h, early)));
    d = look(&h, id);
    assert_int_equal(d.nwrong, 1);
    says(&d, "signed before the nonce");
    SAY(&h, id, "upto", "99999");
    d = look(&h, id);
    assert_int_equal(d.nwrong, 1);
    says(&d, "no checkpoint of that size");
    int64_t size = entries(&h);
    sign(&h, size);
    SAY(&h, id, "upto", house_text(&h, size));
    d = look(&h, id);
    assert_int_equal(d.nwrong, 1);
    says(&d, "root given is not");
    SAY(&h, id, "root_of", zstr(&h, root_text(&h, size)), "grain", "00");
    d = look(&h, id);
    assert_int_equal(d.nwrong, 1);
    says(&d, "not what these things give");
    SAY(&h, id, "sealed", "1");
    d = look(&h, id);
    assert_int_equal(d.nwrong, 1);
    says(&d, "seals no population");
    assert_int_equal(d.nplaces, 0);
}

static void a_draw_that_holds(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, a_draw_that_holds_body);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY | DBS_PG, what_is_wrong_is_said_body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draw_that_holds),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
