#include "duties.h"

#include "base/clock.h"

static const char law[] = HOUSE_DESK
    "settings:\n"
    "  check.time: {type: workdays, default: 12 workdays, clause: keeping, zh: 期限, en: Time}\n"
    "types:\n"
    "  duty_run:\n"
    "    title: {zh: 履职记录, en: Duty record}\n"
    "    follows: newest\n"
    "    name: \"{title}\"\n"
    "    unit: unit\n"
    "    see: %s\n"
    "    fields:\n"
    "      key: {type: text, max: 120, unique: true, zh: 编号, en: Key}\n"
    "      duty: {type: text, max: 40, zh: 代号, en: Duty}\n"
    "      title: {type: text, max: 200, zh: 职责, en: Title}\n"
    "      about: {type: ref, zh: 对象, en: Object}\n"
    "      unit: {type: unit, zh: 部门, en: Unit}\n"
    "      begins: {type: datetime, zh: 开始, en: Begins}\n"
    "      ends: {type: datetime, zh: 结束, en: Ends}\n"
    "      due: {type: datetime, zh: 应完成, en: Due}\n"
    "      closes: {type: datetime, zh: 宽限至, en: Closes}\n"
    "      skipped: {type: int, zh: 跳过, en: Skipped}\n"
    "      owner: {type: people, zh: 负责人, en: Owner}\n"
    "      record: {type: ref, zh: 依据, en: Record}\n"
    "      done_at: {type: datetime, zh: 完成时间, en: Done at}\n"
    "      doer: {type: person, zh: 完成人, en: Doer}\n"
    "    states:\n"
    "      waiting: {zh: 待完成, en: Open}\n"
    "      missed: {zh: 未履行, en: Missed}\n"
    "      done: {zh: 按时, en: Done, final: true}\n"
    "      late: {zh: 逾期, en: Late, final: true}\n"
    "      dropped: {zh: 作废, en: Dropped, final: true}\n"
    "    actions:\n"
    "      open: {to: waiting, who: auto, asks: [key, duty, title, begins, ends, due, closes],\n"
    "        may: [about, unit, owner, skipped], clause: keeping, zh: 开, en: Open}\n"
    "      assign: {from: [waiting, missed], who: auto, may: [owner], clause: keeping, zh: 派,\n"
    "        en: Assign}\n"
    "      met:\n"
    "        from: [waiting, missed]\n"
    "        to: [{state: late, when: done_at > due}, {state: done}]\n"
    "        who: auto\n"
    "        asks: [done_at, record]\n"
    "        may: [doer]\n"
    "        clause: keeping\n"
    "        zh: 完成\n"
    "        en: Met\n"
    "      miss: {from: waiting, to: missed, who: auto, clause: keeping, zh: 误, en: Miss}\n"
    "      drop: {from: waiting, to: dropped, who: auto, clause: keeping, zh: 弃, en: Drop}\n"
    "  thing:\n"
    "    title: {zh: 物品, en: Thing}\n"
    "    name: \"{what}\"\n"
    "    unit: place\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 名, en: What}\n"
    "      place: {type: unit, default: actor.unit, zh: 处, en: Place}\n"
    "      ends: {type: date, zh: 止, en: Ends}\n"
    "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "      gone: {zh: 去, en: Gone, final: true}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what], may: [ends], clause: keeping, zh: 存,\n"
    "        en: Keep}\n"
    "      drop: {from: kept, to: gone, who: everyone, clause: keeping, zh: 弃, en: Drop}\n"
    "  check:\n"
    "    title: {zh: 检查, en: Check}\n"
    "    name: \"{what}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 名, en: What}\n"
    "      of: {type: ref, to: thing, zh: 物, en: Thing}\n"
    "    states:\n"
    "      open: {zh: 开, en: Open}\n"
    "      closed: {zh: 关, en: Closed, final: true}\n"
    "    actions:\n"
    "      begin: {to: open, who: everyone, asks: [what], may: [of], clause: keeping, zh: 始,\n"
    "        en: Begin}\n"
    "      close: {from: open, to: closed, who: everyone, clause: keeping, zh: 终, en: Close}\n"
    "  note:\n"
    "    title: {zh: 条子, en: Note}\n"
    "    name: \"{of.what}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      of: {type: ref, to: thing, zh: 物, en: Thing}\n"
    "    actions:\n"
    "      write: {who: everyone, asks: [of], clause: keeping, zh: 写, en: Write}\n"
    "duties:\n";

struct house duties_house_seen(struct dbs *t, const char *see, const char *duties)
{
    str head = str_fmt(t->a, law, see);
    return house_make(t, str_fmt(t->a, "%.*s%s%c", STR_ARG(head), duties, '\0').ptr);
}

struct house duties_house(struct dbs *t, const char *duties)
{
    return duties_house_seen(t, "everyone", duties);
}

int64_t duties_at(const char *text)
{
    int64_t ms;
    assert_true(clock_parse_time(str_from(text), 480, &ms));
    return ms;
}

static void holiday(struct house *h, const char *day, const char *kind)
{
    assert_done(h, house_create(h, 0, "calendar_day", "day", day, "kind", kind, NULL));
}

void duties_spring(struct house *h)
{
    static const char *const off[] = {"2026-02-16", "2026-02-17", "2026-02-18",
                                      "2026-02-19", "2026-02-20", "2026-02-23"};
    for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
        holiday(h, off[i], "holiday");
    }
    holiday(h, "2026-02-14", "workday");
    holiday(h, "2026-02-28", "workday");
}
