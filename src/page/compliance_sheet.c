/* compliance_sheet.c - how we are doing, as a workbook: the lens that is looked through. */
#include "connect/scorecard.h"
#include "page/compliance_page.h"
#include "page/page.h"

static err units(struct visit *v, const struct scorecard_by *by, int *fd, int64_t *size)
{
    struct unit_state *list;
    size_t n;
    int64_t as_of;
    size_t unjudged;
    err e = compliance_units(&v->ctx, &list, &n, &as_of, &unjudged);
    return e.code ? e : scorecard_units(&v->ctx, list, n, as_of, by, fd, size);
}

static err standards(struct visit *v, const struct scorecard_by *by, int *fd, int64_t *size)
{
    struct compliance c;
    struct standard_state *list;
    struct standard *texts;
    size_t n;
    size_t ntexts;
    struct batch *asked = standards_list_ask(v->ctx.db, v->ctx.arena);
    err e = compliance_ask(&v->ctx, &c);
    e = e.code ? e : compliance_standards(&v->ctx, &c, asked, &list, &n);
    e = e.code ? e : standards_load(v->ctx.db, v->ctx.arena, &texts, &ntexts);
    if (e.code) {
        return e;
    }
    standards_worst_first(list, n);
    return scorecard_standards(&v->ctx, list, n, texts, ntexts, by, fd, size);
}

static err regulations(struct visit *v, const struct scorecard_by *by, int *fd, int64_t *size)
{
    struct compliance c;
    struct lived lived;
    struct duty_history who;
    struct duty_of year = {.from = duty_year_first(&v->ctx), .end = v->ctx.today + 1};
    struct batch *asked = compliance_lived_ask(&v->ctx);
    struct duty_history_asked history = duty_history_ask(&v->ctx, &year);
    err e = compliance_ask(&v->ctx, &c);
    e = e.code ? e : compliance_lived_read(&v->ctx, &c, asked, &lived);
    e = e.code ? e : duty_history_read(&v->ctx, &year, &history, &who);
    return e.code ? e : scorecard_regulations(&v->ctx, &c, &lived, &who, by, fd, size);
}

void page_compliance_sheet(struct visit *v)
{
    const struct scorecard_by by = {v->app->organisation, v->session.name};
    str lens = visit_param(v, STR("by"));
    bool unit = str_eq(lens, STR("unit"));
    bool standard = str_eq(lens, STR("standard"));
    int fd = -1;
    int64_t size = 0;
    err e = unit       ? units(v, &by, &fd, &size)
            : standard ? standards(v, &by, &fd, &size)
                       : regulations(v, &by, &fd, &size);
    if (e.code) {
        visit_error(v, e);
        return;
    }
    v->x->res = (struct http_response){
        .status = 200,
        .type = STR("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        .file = fd,
        .file_size = size};
    visit_download(v, unit       ? STR("compliance-units.xlsx")
                      : standard ? STR("compliance-standards.xlsx")
                                 : STR("compliance-regulations.xlsx"));
}
