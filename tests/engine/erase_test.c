/* Erasing personal data: nothing of it is left where the engine keeps anything, the ledger and
 * every row are in order afterwards, what was edited besides is still found; holds, times of
 * keeping and votes leave a record alone. */
#include "engine/erase.h"
#include "engine/erase_plan.h"
#include "engine/house.h"
#include "engine/verify.h"

#include <string.h>

#define SECRET "13900001111"
#define OTHER "13900002222"

static const char law[] = HOUSE_DESK
    "types:\n"
    "  card:\n"
    "    title: {zh: 卡, en: Card}\n"
    "    name: \"{whose.name} {phone}\"\n"
    "    has: [attachments, comments]\n"
    "    see: everyone\n"
    "    fields:\n"
    "      whose: {type: person, zh: 人, en: Whose}\n"
    "      phone: {type: text, max: 50, personal: true, zh: 话, en: Phone}\n"
    "      scan: {type: attachment, personal: true, zh: 像, en: Scan}\n"
    "      door: {type: text, max: 50, zh: 门, en: Door}\n"
    "      hint: {type: text, max: 50, zh: 注, en: Hint}\n"
    "    rules:\n"
    "      - {check: phone != null, clause: keeping, zh: 要有电话, en: A telephone}\n"
    "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [whose], may: [phone, scan, door, hint],\n"
    "        clause: keeping, effects: [{notify: {to: whose, zh: \"{phone}\", en: \"{phone}\"}}],\n"
    "        zh: 存, en: Keep}\n"
    "      change: {from: kept, who: everyone, may: [phone, door, hint], clause: keeping, zh: 改,\n"
    "        en: Change}\n"
    "      ask: {from: kept, who: everyone, asks: [phone], clause: keeping, zh: 请, en: Ask,\n"
    "        approval: [{who: whose, rule: any}], then_approved: {to: kept, zh: 准, en: Yes},\n"
    "        then_refused: {to: kept, zh: 否, en: No}}\n"
    "  letter:\n"
    "    title: {zh: 信, en: Letter}\n"
    "    retain: 1 years\n"
    "    has: [comments]\n"
    "    name: \"{whose.name}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      whose: {type: person, zh: 人, en: Whose}\n"
    "      home: {type: text, max: 50, personal: true, zh: 址, en: Home}\n"
    "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [whose, home], clause: keeping, zh: 存,\n"
    "        en: Keep}\n"
    "  erasure:\n"
    "    title: {zh: 删除, en: Erasure}\n"
    "    follows: newest\n"
    "    name: \"{person.name}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      person: {type: person, zh: 人, en: Person}\n"
    "      basis: {type: text, max: 100, zh: 据, en: Basis}\n"
    "      erased: {type: int, zh: 一, en: Erased}\n"
    "      entries: {type: int, zh: 二, en: Entries}\n"
    "      held: {type: int, zh: 三, en: Held}\n"
    "      retained: {type: int, zh: 四, en: Retained}\n"
    "      busy: {type: int, zh: 五, en: Busy}\n"
    "      comments: {type: int, zh: 六, en: Comments}\n"
    "      traces: {type: int, zh: 七, en: Traces}\n"
    "      mentions: {type: int, zh: 八, en: Mentions}\n"
    "      unlisted: {type: int, zh: 九, en: Unlisted}\n"
    "    states:\n"
    "      approved: {zh: 准, en: Approved}\n"
    "      carried_out: {zh: 完, en: Done, final: true}\n"
    "    actions:\n"
    "      request: {to: approved, who: everyone, asks: [person, basis], clause: keeping, zh: 请,\n"
    "        en: Ask}\n"
    "      carry_out: {from: approved, to: carried_out, who: auto, clause: keeping,\n"
    "        asks: [erased, entries, held, retained, busy, comments, traces, mentions,\n"
    "          unlisted], zh: 毕, en: Carried out}\n"
    "  mention:\n"
    "    title: {zh: 提到, en: Mention}\n"
    "    part_of: erasure\n"
    "    name: \"{called}\"\n"
    "    fields:\n"
    "      about: {type: ref, to: any, zh: 录, en: Record, clause: keeping}\n"
    "      called: {type: text, max: 200, zh: 称, en: Called}\n"
    "      texts: {type: int, zh: 栏, en: Texts}\n"
    "      remarks: {type: int, zh: 言, en: Remarks}\n"
    "      history: {type: int, zh: 史, en: History}\n"
    "      entries: {type: int, zh: 条, en: Entries}\n"
    "    states:\n"
    "      found: {zh: 现, en: Found}\n"
    "      masking: {zh: 隐, en: Masking}\n"
    "      masked: {zh: 毕, en: Masked, final: true}\n"
    "    actions:\n"
    "      enter: {to: found, who: auto, asks: [erasure, about, called, texts, remarks,\n"
    "        history],\n"
    "        clause: keeping, zh: 列, en: List}\n"
    "      mask: {from: found, to: masking, who: everyone, clause: keeping, zh: 隐, en: Mask}\n"
    "      masked: {from: masking, to: masked, who: auto, asks: [entries], clause: keeping,\n"
    "        zh: 毕, en: Masked}\n"
    "  legal_hold:\n"
    "    title: {zh: 封, en: Hold}\n"
    "    follows: newest\n"
    "    name: \"{why}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      about: {type: ref, to: any, zh: 物, en: About, clause: holding}\n"
    "      why: {type: text, max: 50, zh: 因, en: Why}\n"
    "    states:\n"
    "      in_force: {zh: 封, en: In force}\n"
    "      released: {zh: 解, en: Released, final: true}\n"
    "    actions:\n"
    "      put: {to: in_force, who: everyone, asks: [about, why], clause: keeping, zh: 封,\n"
    "        en: Put}\n"
    "      release: {from: in_force, to: released, who: everyone, clause: keeping, zh: 解,\n"
    "        en: Release}\n";

static bool has(str s, const char *what)
{
    return str_has(s, str_from(what));
}

/* In how many rows of the engine's tables the text stands. */
static int found(struct house *h, const char *what)
{
    const struct sql places[] = {SQL("select coalesce(f_phone, ''), name from r_card"),
                                 SQL("select coalesce(f_hint, ''), '' from r_card"),
                                 SQL("select coalesce(note, ''), '' from approval_vote"),
                                 SQL("select coalesce(f_home, ''), '' from r_letter"),
                                 SQL("select coalesce(changes, ''), coalesce(note, '') from act"),
                                 SQL("select body, '' from ledger_payload"),
                                 SQL("select body, '' from search_text"),
                                 SQL("select zh, en from notification"),
                                 SQL("select coalesce(content, ''), '' from approval_round"),
                                 SQL("select coalesce(asked, ''), '' from approval")};
    int n = 0;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct rows r;
        dbs_ok(db_query(house_db(h), h->a, places[i], NO_ARGS, &r));
        while (rows_next(&r)) {
            n += has(rows_text(&r, 0), what) || has(rows_text(&r, 1), what);
        }
    }
    return n;
}

static int64_t number(struct house *h, int64_t erasure, const char *field)
{
    static const char *const fields[] = {"erased",   "entries", "held",     "retained", "busy",
                                         "comments", "traces",  "mentions", "unlisted"};
    struct rows r;
    dbs_ok(db_query(house_db(h), h->a,
                    SQL("select f_erased, f_entries, f_held, f_retained, f_busy, f_comments,"
                        " f_traces, f_mentions, f_unlisted from r_erasure where id = $1"),
                    ARGS(db_i64(erasure)), &r));
    assert_true(rows_next(&r));
    int col = 0;
    while (strcmp(fields[col], field)) {
        col++;
    }
    return rows_i64(&r, col);
}

static int64_t card(struct house *h, int64_t whose, const char *phone)
{
    int64_t id = house_create(h, h->eve, "card", "whose", house_text(h, whose), "phone", phone,
                              "door", "301", NULL);
    assert_done(h, id);
    return id;
}

static int64_t erase(struct house *h, int64_t person)
{
    int64_t id = house_create(h, h->eve, "erasure", "person", house_text(h, person), "basis",
                              "PIPL 47", NULL);
    assert_done(h, id);
    house_clock(h, h->now + HOUR);
    assert_string_equal(house_state(h, "erasure", id), "carried_out");
    return id;
}

static struct verify_report verified(struct house *h)
{
    struct ledger_verify_options opt = {0};
    struct verify_report r;
    dbs_ok(engine_verify(house_db(h), h->a, &opt, &r));
    return r;
}

static void nothing_of_it_is_left_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t a = card(&h, h.amy, SECRET);
    int64_t b = card(&h, h.bob, OTHER);
    assert_done(&h,
                house_do(&h, h.eve, "card", a, "change", "phone", OTHER "0", "door", "302", NULL));
    assert_done(&h, house_do(&h, h.eve, "card", a, "change", "phone", SECRET, NULL));
    assert_done(&h, house_do(&h, h.eve, "card", a, "change", "door", "303", NULL));
    house_clock(&h, h.now + HOUR);
    assert_true(found(&h, SECRET) >= 6);
    int others = found(&h, OTHER);
    int64_t e = erase(&h, h.amy);
    assert_int_equal(number(&h, e, "erased"), 1);
    assert_int_equal(number(&h, e, "entries"), 3); /* the last change tells of no telephone */
    assert_int_equal(found(&h, SECRET), 0);
    assert_true(found(&h, OTHER) > 0 && found(&h, OTHER) < others); /* Bob's are left */
    struct verify_report r = verified(&h);
    assert_false(r.bad);
    assert_int_equal(r.ledger.erased, 3);
    assert_true(r.unchecked > 0);
    /* What is not personal is there still, also in the history. */
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from r_card where f_door = '303'"), NO_ARGS), 1);
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from act where record = $1 and changes like '%302%'"),
                  ARGS(db_i64(a))),
        2);
    /* The record lives on, and is checked as ever. */
    assert_done(&h, house_do(&h, h.eve, "card", a, "change", "door", "304", NULL));
    assert_false(verified(&h).bad);
    assert_int_equal(number(&h, erase(&h, h.amy), "erased"), 0); /* nothing to erase any more */
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_card set f_door = '305' where id = $1"),
                   ARGS(db_i64(a))));
    r = verified(&h);
    assert_true(r.bad);
    assert_int_equal(r.id, a);
    (void)b;
}

/* An entry whose text is gone without an erasure that names it is no erasure. */
static void missing_is_not_erased_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    card(&h, h.amy, SECRET);
    int64_t other = card(&h, h.bob, OTHER);
    erase(&h, h.amy);
    assert_false(verified(&h).bad);
    int64_t seq =
        house_i64(&h, SQL("select max(seq) from act where record = $1"), ARGS(db_i64(other)));
    int64_t by = house_i64(&h, SQL("select max(by_seq) from ledger_erased"), NO_ARGS);
    dbs_ok(db_exec(house_db(&h), h.a,
                   SQL("insert into ledger_erased (seq, by_seq) values ($1, $2)"),
                   ARGS(db_i64(seq), db_i64(by))));
    dbs_ok(db_exec(house_db(&h), h.a, SQL("delete from ledger_payload where seq = $1"),
                   ARGS(db_i64(seq))));
    struct verify_report r = verified(&h);
    assert_true(r.bad);
    assert_int_equal(r.ledger.seq, seq);
}

static void what_is_kept_is_counted_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t held = card(&h, h.amy, SECRET);
    int64_t voted = card(&h, h.amy, SECRET);
    int64_t plain = card(&h, h.amy, SECRET);
    assert_done(&h, house_create(&h, h.eve, "letter", "whose", house_text(&h, h.amy), "home",
                                 "north 1", NULL));
    int64_t hold =
        house_create(&h, h.eve, "legal_hold", "about", house_text(&h, held), "why", "suit", NULL);
    assert_done(&h, hold);
    assert_done(&h, house_do(&h, h.bob, "card", voted, "ask", "phone", SECRET, NULL));
    int64_t e = erase(&h, h.amy);
    assert_int_equal(number(&h, e, "erased"), 1);
    assert_int_equal(number(&h, e, "held"), 1);
    assert_int_equal(number(&h, e, "retained"), 1);
    assert_int_equal(number(&h, e, "busy"), 1);
    assert_int_equal(house_i64(&h,
                               SQL("select count(*) from r_card where id = $1 and f_phone is null"),
                               ARGS(db_i64(plain))),
                     1);
    struct ctx ctx = house_ctx(&h, h.amy);
    int64_t on;
    dbs_ok(erase_hold(&ctx, held, &on));
    assert_int_equal(on, hold);
    assert_done(&h, house_do(&h, h.eve, "legal_hold", hold, "release", NULL));
    struct rows vote;
    dbs_ok(db_query(house_db(&h), h.a,
                    SQL("select s.id, o.hash from approval_seat s join approval_round o"
                        " on o.approval = s.approval where s.record = $1"),
                    ARGS(db_i64(voted)), &vote));
    assert_true(rows_next(&vote));
    assert_done(&h, house_do(&h, h.amy, "card", voted, "approve.vote", "seat",
                             house_text(&h, rows_i64(&vote, 0)), "vote", "approve", "hash",
                             rows_text(&vote, 1).ptr, NULL));
    house_clock(&h, h.now + 366 * DAY);
    e = erase(&h, h.amy);
    assert_int_equal(number(&h, e, "erased"), 3);
    assert_int_equal(number(&h, e, "held") + number(&h, e, "retained") + number(&h, e, "busy"), 0);
    assert_int_equal(found(&h, SECRET), 0);
    assert_int_equal(found(&h, "north 1"), 0);
    house_verify(&h);
}

static void files_go_with_their_bytes_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    struct value_in values[] = {{.field = STR("whose"), .text = str_from(house_text(&h, h.amy))},
                                {.field = STR("phone"), .text = STR(SECRET)}};
    struct act_file files[] = {
        {.field = STR("scan"),
         .name = STR("card.txt"),
         .mime = STR("text/plain"),
         .bytes = STR("my face")},
        {.name = STR("plan.txt"), .mime = STR("text/plain"), .bytes = STR("the door")}};
    struct act act = {.actor = h.eve,
                      .type = STR("card"),
                      .action = STR("keep"),
                      .values = values,
                      .nvalues = 2,
                      .files = files,
                      .nfiles = 2};
    assert_int_equal(house_act(&h, &act).code, 0);
    erase(&h, h.amy);
    assert_int_equal(house_i64(&h, SQL("select count(*) from attachment"), NO_ARGS), 1);
    assert_int_equal(
        house_i64(&h, SQL("select count(*) from attachment where name = 'plan.txt'"), NO_ARGS), 1);
    assert_int_equal(house_i64(&h, SQL("select count(*) from erasure_file"), NO_ARGS), 0);
    house_verify(&h);
}

static void says(struct house *h, int64_t who, const char *type, int64_t record, const char *words)
{
    struct act act = {.actor = who,
                      .type = str_from(type),
                      .record = record,
                      .action = STR("comment"),
                      .note = str_from(words)};
    assert_int_equal(house_act(h, &act).code, 0);
}

static int64_t hits(struct house *h, int64_t erasure, int64_t about)
{
    return house_i64(h, SQL("select count(*) from r_mention where f_erasure = $1 and f_about = $2"),
                     ARGS(db_i64(erasure), db_i64(about)));
}

static int64_t mention(struct house *h, int64_t erasure, int64_t about)
{
    return house_i64(h, SQL("select max(id) from r_mention where f_erasure = $1 and f_about = $2"),
                     ARGS(db_i64(erasure), db_i64(about)));
}

#define SAID "what I think of it"
static void own_comments_go_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t mine = card(&h, h.amy, SECRET);
    int64_t other = card(&h, h.bob, OTHER);
    int64_t letter =
        house_create(&h, h.eve, "letter", "whose", house_text(&h, h.bob), "home", "north 1", NULL);
    says(&h, h.amy, "card", mine, SAID " 1");
    says(&h, h.amy, "card", other, SAID " 2");
    says(&h, h.amy, "card", other, SAID " 3");
    says(&h, h.bob, "card", other, "the answer");
    says(&h, h.amy, "letter", letter, SAID " 4");
    struct ctx ctx = house_ctx(&h, h.eve);
    struct erase_plan plan;
    dbs_ok(erase_plan(&ctx, h.amy, &plan));
    assert_int_equal(plan.records, 1);
    assert_int_equal(plan.comments, 3);
    assert_int_equal(plan.retained, 1);
    assert_int_equal(plan.held + plan.busy + plan.hold, 0);
    int64_t e = erase(&h, h.amy);
    assert_int_equal(number(&h, e, "comments"), 3);
    assert_int_equal(number(&h, e, "retained"), 1);
    assert_int_equal(number(&h, e, "entries"), 4);
    assert_int_equal(found(&h, SAID), 2); /* the letter's: history and ledger */
    assert_int_equal(found(&h, "the answer"), 2);
    assert_false(verified(&h).bad);
    assert_int_equal(verified(&h).ledger.erased, 4);
    /* Whoever edits what is put in its place is found; so is who edits the record. */
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_card set f_door = 'x' where id = $1"),
                   ARGS(db_i64(other))));
    struct verify_report r = verified(&h);
    assert_true(r.bad);
    assert_int_equal(r.id, other);
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_card set f_door = '301' where id = $1"),
                   ARGS(db_i64(other))));
    assert_false(verified(&h).bad);
    h.now += 366 * DAY;
    e = erase(&h, h.amy);
    assert_int_equal(number(&h, e, "comments"), 1);
    assert_int_equal(found(&h, SAID), 0);
    house_verify(&h);
}

static void a_hold_keeps_comments_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t other = card(&h, h.bob, OTHER);
    says(&h, h.amy, "card", other, SAID);
    int64_t hold =
        house_create(&h, h.eve, "legal_hold", "about", house_text(&h, other), "why", "suit", NULL);
    int64_t e = erase(&h, h.amy);
    assert_int_equal(number(&h, e, "comments"), 0);
    assert_int_equal(number(&h, e, "held"), 1);
    assert_int_equal(found(&h, SAID), 2);
    assert_done(&h, house_do(&h, h.eve, "legal_hold", hold, "release", NULL));
    e = erase(&h, h.amy);
    assert_int_equal(number(&h, e, "comments"), 1);
    assert_int_equal(found(&h, SAID), 0);
    house_verify(&h);
}

/* Of the person, as his record says. */
static str name_of(struct house *h, int64_t person)
{
    struct rows r;
    dbs_ok(db_query(house_db(h), h->a, SQL("select f_full_name from r_person where id = $1"),
                    ARGS(db_i64(person)), &r));
    assert_true(rows_next(&r));
    return str_copy(h->a, rows_text(&r, 0));
}

static int64_t masks(struct house *h, int64_t erasure, int64_t about)
{
    return house_do(h, h->eve, "mention", mention(h, erasure, about), "mask", NULL);
}

enum { IN_TEXT, IN_PAST, SAID_THERE, VOTED, CLEAN, CARDS };

/* Cards of Bob's that name Amy in a text, in what it was, in a comment, in one that is voted on;
 * and one that does not. */
static void cards_naming(struct house *h, const char *hint, int64_t cards[CARDS])
{
    for (int i = 0; i < CARDS; i++) {
        cards[i] = card(h, h->bob, OTHER);
    }
    assert_done(h, house_do(h, h->eve, "card", cards[IN_TEXT], "change", "hint", hint, NULL));
    assert_done(h, house_do(h, h->eve, "card", cards[IN_PAST], "change", "hint", hint, NULL));
    assert_done(h, house_do(h, h->eve, "card", cards[IN_PAST], "change", "hint", "nobody", NULL));
    says(h, h->eve, "card", cards[SAID_THERE], hint);
    says(h, h->eve, "card", cards[VOTED], hint);
}

static void names_are_found_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t c[CARDS];
    cards_naming(&h, str_fmt(h.a, "ask %.*s", STR_ARG(name_of(&h, h.amy))).ptr, c);
    int64_t e = erase(&h, h.amy);
    assert_int_equal(number(&h, e, "mentions"), 4);
    assert_int_equal(number(&h, e, "unlisted"), 0);
    assert_int_equal(hits(&h, e, c[IN_TEXT]) + hits(&h, e, c[IN_PAST]) + hits(&h, e, c[VOTED]), 3);
    assert_int_equal(hits(&h, e, c[CLEAN]), 0);
    struct rows r;
    dbs_ok(db_query(house_db(&h), h.a,
                    SQL("select f_texts, f_remarks, f_history, f_called from r_mention"
                        " where id = $1"),
                    ARGS(db_i64(mention(&h, e, c[IN_PAST]))), &r));
    assert_true(rows_next(&r));
    assert_true(str_has(rows_text(&r, 3), STR("卡 Card"))); /* read in either language */
    assert_int_equal(rows_i64(&r, 0), 0);
    assert_int_equal(rows_i64(&r, 1), 0);
    assert_int_equal(rows_i64(&r, 2), 2);
    house_verify(&h);
}

#define MASKED "ask （已删除）, then （已删除）!"
/* Changed only where somebody decided so, and where it may be. */
static void names_are_masked_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t c[CARDS];
    str name = name_of(&h, h.amy);
    str hint = str_fmt(h.a, "ask %.*s, then %.*s!", STR_ARG(name), STR_ARG(name));
    cards_naming(&h, hint.ptr, c);
    int64_t e = erase(&h, h.amy);
    assert_true(found(&h, hint.ptr) >= 8);
    int64_t hold = house_create(&h, h.eve, "legal_hold", "about", house_text(&h, c[IN_TEXT]), "why",
                                "suit", NULL);
    assert_false(masks(&h, e, c[IN_TEXT]));
    assert_refused(&h, "holding");
    assert_done(&h, house_do(&h, h.bob, "card", c[VOTED], "ask", "phone", OTHER, NULL));
    assert_false(masks(&h, e, c[VOTED]));
    assert_refused(&h, "keeping");
    assert_done(&h, house_do(&h, h.eve, "legal_hold", hold, "release", NULL));
    for (int i = IN_TEXT; i <= SAID_THERE; i++) {
        assert_done(&h, masks(&h, e, c[i]));
    }
    /* A hold that comes after the decision is waited for. */
    hold = house_create(&h, h.eve, "legal_hold", "about", house_text(&h, c[SAID_THERE]), "why",
                        "suit", NULL);
    house_clock(&h, h.now + HOUR);
    assert_string_equal(house_state(&h, "mention", mention(&h, e, c[IN_TEXT])), "masked");
    assert_string_equal(house_state(&h, "mention", mention(&h, e, c[IN_PAST])), "masked");
    assert_string_equal(house_state(&h, "mention", mention(&h, e, c[SAID_THERE])), "masking");
    assert_done(&h, house_do(&h, h.eve, "legal_hold", hold, "release", NULL));
    house_clock(&h, h.now + HOUR);
    assert_string_equal(house_state(&h, "mention", mention(&h, e, c[SAID_THERE])), "masked");
    assert_int_equal(found(&h, hint.ptr), 2); /* of the one that is voted on */
    assert_true(found(&h, MASKED) >= 4);      /* row, acts, comment, search text */
    struct verify_report v = verified(&h);
    assert_false(v.bad);
    assert_int_equal(v.ledger.erased, 4);
    dbs_ok(db_exec(house_db(&h), h.a, SQL("update r_card set f_hint = 'x' where id = $1"),
                   ARGS(db_i64(c[IN_TEXT]))));
    assert_true(verified(&h).bad);
}

/* More than are listed are counted. */
static void a_long_list_ends_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    const char *name = name_of(&h, h.amy).ptr;
    for (int i = 0; i < ERASE_MENTIONS + 7; i++) {
        int64_t id = house_create(&h, h.eve, "card", "whose", house_text(&h, h.bob), "phone", OTHER,
                                  "hint", name, NULL);
        assert_done(&h, id);
    }
    int64_t e = house_create(&h, h.eve, "erasure", "person", house_text(&h, h.amy), "basis",
                             "PIPL 47", NULL);
    for (int i = 0; i < 10 && strcmp(house_state(&h, "erasure", e), "carried_out"); i++) {
        house_clock(&h, h.now + HOUR);
    }
    assert_int_equal(number(&h, e, "mentions"), ERASE_MENTIONS);
    assert_int_equal(number(&h, e, "unlisted"), 7);
    assert_int_equal(house_i64(&h, SQL("select count(*) from r_mention"), NO_ARGS), ERASE_MENTIONS);
}

/* One record with more history than one turn takes. */
static void a_long_history_in_turns_body(struct dbs *t)
{
    struct house h = house_make(t, law);
    int64_t a = card(&h, h.amy, SECRET);
    for (int i = 0; i < ERASE_ENTRIES + 20; i++) {
        assert_done(&h, house_do(&h, h.eve, "card", a, "change", "phone",
                                 i % 2 ? SECRET : SECRET "7", NULL));
    }
    int64_t e = erase(&h, h.amy);
    assert_int_equal(number(&h, e, "erased"), 1);
    assert_int_equal(number(&h, e, "entries"), ERASE_ENTRIES + 21);
    assert_int_equal(found(&h, SECRET), 0);
    house_verify(&h);
}

#define BOTH(name)                                  \
    static void name(void **state)                  \
    {                                               \
        (void)state;                                \
        dbs_each(DBS_MEMORY | DBS_PG, name##_body); \
    }
BOTH(nothing_of_it_is_left)
BOTH(missing_is_not_erased)
BOTH(what_is_kept_is_counted)
BOTH(files_go_with_their_bytes)
BOTH(a_long_history_in_turns)
BOTH(own_comments_go)
BOTH(a_hold_keeps_comments)
BOTH(names_are_found)
BOTH(names_are_masked)
BOTH(a_long_list_ends)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_it_is_left),   cmocka_unit_test(missing_is_not_erased),
        cmocka_unit_test(what_is_kept_is_counted), cmocka_unit_test(files_go_with_their_bytes),
        cmocka_unit_test(a_long_history_in_turns), cmocka_unit_test(own_comments_go),
        cmocka_unit_test(a_hold_keeps_comments),   cmocka_unit_test(names_are_found),
        cmocka_unit_test(names_are_masked),        cmocka_unit_test(a_long_list_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
