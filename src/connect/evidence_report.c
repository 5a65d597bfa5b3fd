/* evidence_report.c - a package for people: one page in both languages, without a network. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/html.h"
#include "connect/evidence_int.h"

#define HTML_LIT(out, lit) html_lit((out), "" lit, sizeof(lit) - 1)

static const char style[] =
    "<style>"
    "body{font:16px/1.6 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;margin:2rem auto;"
    "max-width:56rem;padding:0 1rem;color:#1b2430;background:#fff}"
    "h1{font-size:1.5rem;line-height:1.3}h2{font-size:1.15rem;margin-top:2rem}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;padding:.3rem 0}"
    "th,td{border-bottom:1px solid #d5dbe3;padding:.35rem .6rem .35rem 0;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}"
    "code{font-size:.85rem;overflow-wrap:anywhere}.small{font-size:.85rem;color:#4a5666}"
    "article+article{border-top:2px solid #1b2430;margin-top:3rem}"
    "@media print{body{margin:0;max-width:none}article+article{break-before:page;border:0}"
    "tr{break-inside:avoid}}"
    "</style>";

static void words(struct html *out, struct words w)
{
    html_str(out, words_in(w, out->lang));
}

static void row_begin(struct html *out, struct words label)
{
    HTML_LIT(out, "<tr><th scope=\"row\">");
    words(out, label);
    HTML_LIT(out, "</th><td>");
}

static void row_end(struct html *out)
{
    HTML_LIT(out, "</td></tr>\n");
}

static void row(struct html *out, struct words label, str value)
{
    row_begin(out, label);
    html_str(out, value);
    row_end(out);
}

static struct words verdict_words(enum package_verdict v)
{
    static const struct words list[PACKAGE_VERDICTS] = {
        WORDS_INIT("符合", "kept"), WORDS_INIT("不符合", "not kept"),
        WORDS_INIT("宽限中", "in grace"), WORDS_INIT("例外", "waived"),
        WORDS_INIT("无法判断", "unknown")};
    return list[v];
}

static void put_figures(struct html *out, const struct ctx *ctx, const struct evidence_report *r)
{
    struct arena *a = ctx->arena;
    const struct evidence *x = r->x;
    const struct cdef *d = x->control->newest;
    struct hash root = merkle_root(hash_make(a), &x->p.tree);
    struct buf hex = buf_make(a, 100);
    for (int i = 0; i < HASH_LEN; i++) {
        buf_put_fmt(&hex, "%02x", root.b[i]);
    }
    HTML_LIT(out, "<table>\n");
    row(out, WORDS("单位", "Organisation"), r->organisation);
    row_begin(out, WORDS("依据", "By"));
    words(out, d->law->title);
    HTML_LIT(out, " ");
    words(out, d->clause ? d->clause->no : (struct words){0});
    HTML_LIT(out, " · ");
    words(out, words_fmt(a, "第 %d 版", "version %d", d->law->version));
    row_end(out);
    row(out, WORDS("控制点", "Control"), x->control->key);
    row(out, WORDS("判断时间", "Judged at"), clock_iso(a, x->as_of, ctx->model->zone_minutes));
    row(out, WORDS("当时存证账本的条数", "Entries of the ledger then"),
        str_fmt(a, "%lld", (long long)x->size));
    row(out, WORDS("提取人", "Asked for by"), r->asker);
    row(out, WORDS("总体", "Population"), str_fmt(a, "%lld", (long long)x->p.tree.size));
    for (int i = 0; i < PACKAGE_VERDICTS; i++) {
        row(out, verdict_words((enum package_verdict)i),
            str_fmt(a, "%lld", (long long)x->p.count[i]));
    }
    row(out, WORDS("内容未提供的记录", "Records whose content is not given"),
        str_fmt(a, "%lld", (long long)x->hidden));
    row_begin(out, WORDS("总体的根", "Root of the population"));
    HTML_LIT(out, "<code>");
    html_str(out, buf_str(&hex));
    HTML_LIT(out, "</code>");
    row_end(out);
    HTML_LIT(out, "</table>\n");
}

static void put_case(struct html *out, struct arena *a, const struct evidence_case *c)
{
    HTML_LIT(out, "<tr><td>");
    if (c->visible) {
        html_str(out, c->number);
        HTML_LIT(out, " ");
        html_str(out, c->name);
    } else {
        words(out, words_fmt(a, "记录 %lld（内容未提供）", "record %lld (content not given)",
                             (long long)c->record));
    }
    HTML_LIT(out, "</td><td>");
    words(out, verdict_words(c->verdict));
    HTML_LIT(out, "</td><td>");
    words(out, c->reason);
    HTML_LIT(out, "</td></tr>\n");
}

static void put_cases(struct html *out, struct arena *a, const struct evidence_report *r)
{
    int64_t all = (int64_t)r->x->p.tree.size - r->x->p.count[PACKAGE_OK];
    HTML_LIT(out, "<h2>");
    words(out, WORDS("不符合与无法判断的记录", "Records that do not hold, or are unknown"));
    HTML_LIT(out, "</h2>\n");
    if (!all) {
        HTML_LIT(out, "<p>");
        words(out, WORDS("没有。", "None."));
        HTML_LIT(out, "</p>\n");
        return;
    }
    HTML_LIT(out, "<table><caption class=\"small\">");
    words(out, words_fmt(a, "%lld 条中的前 %zu 条；全部在 violations.ndjson。",
                         "Of %lld the first %zu; all are in violations.ndjson.", (long long)all,
                         r->ncases));
    HTML_LIT(out, "</caption><thead><tr><th scope=\"col\">");
    words(out, WORDS("记录", "Record"));
    HTML_LIT(out, "</th><th scope=\"col\">");
    words(out, WORDS("判断", "Verdict"));
    HTML_LIT(out, "</th><th scope=\"col\">");
    words(out, WORDS("理由", "Reason"));
    HTML_LIT(out, "</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->ncases; i++) {
        put_case(out, a, &r->cases[i]);
    }
    HTML_LIT(out, "</tbody></table>\n");
}

static void put_how(struct html *out)
{
    HTML_LIT(out, "<h2>");
    words(out, WORDS("如何核对", "How to check it"));
    HTML_LIT(out, "</h2><ol><li>");
    words(out,
          WORDS("在断网的计算机上用浏览器打开 verify.html，选择本证据包的 zip "
                "文件，输入您另行取得的公钥；",
                "Open verify.html in a browser, without a network, choose the package's zip file"
                " and enter the public key that you were given on another way;"));
    HTML_LIT(out, "</li><li>");
    words(out, WORDS("或运行 zhidu-verify 公钥文件 证据包.zip。",
                     "or run zhidu-verify KEY PACKAGE.zip."));
    HTML_LIT(out, "</li><li>");
    words(out,
          WORDS("两者都会指出被改动的文件。本报告和其他文件的摘要已登记在存证账本的快照条目中。",
                "Both name a file that was changed.  The digests of this report and of the other"
                " files stand in the snapshot's entry of the ledger."));
    HTML_LIT(out, "</li></ol>\n");
}

static void put_one(struct html *out, const struct ctx *ctx, const struct evidence_report *r)
{
    const struct cdef *d = r->x->control->newest;
    HTML_LIT(out, "<article lang=\"");
    html_str(out, out->lang == LANG_EN ? STR("en") : STR("zh-CN"));
    HTML_LIT(out, "\"><p class=\"small\">");
    words(out, WORDS("控制点证据", "Evidence of a control"));
    HTML_LIT(out, "</p><h1>");
    words(out, d->words);
    HTML_LIT(out, "</h1>\n");
    put_figures(out, ctx, r);
    HTML_LIT(out, "<h2>");
    words(out, WORDS("必须成立", "What must hold"));
    HTML_LIT(out, "</h2><p><code>");
    html_str(out, d->holds.text);
    HTML_LIT(out, "</code></p>\n");
    put_cases(out, ctx->arena, r);
    put_how(out);
    HTML_LIT(out, "</article>\n");
}

str evidence_report_html(const struct ctx *ctx, const struct evidence_report *r)
{
    struct html out = html_begin(ctx->arena, LANG_ZH);
    HTML_LIT(&out, "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
                   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
                   " style-src 'unsafe-inline'\"><title>");
    html_str(&out, r->x->control->newest->words.zh);
    HTML_LIT(&out, "</title>");
    html_lit(&out, style, sizeof(style) - 1);
    HTML_LIT(&out, "</head><body><main>\n");
    put_one(&out, ctx, r);
    out.lang = LANG_EN;
    put_one(&out, ctx, r);
    HTML_LIT(&out, "</main></body></html>\n");
    return html_end(&out);
}
