/* publish.c - changed folders become the next versions: shown, confirmed, done. */
#include "engine/publish.h"

#include "cli/cli.h"

#include <sys/stat.h>
#include <unistd.h>

static int open_file(void *arg, str path)
{
    return cli_open(arg, path, false);
}

/* A folder of regulations, or the folder of one: the caller's, who opens it. */
static err read_folders(struct cli *c, str given, struct sources *ret)
{
    const struct load_files at_caller = {.open = open_file, .arg = c};
    const struct load_files *files = c->open ? &at_caller : NULL;
    str path = given;
    err e = given.len && files ? OK : cli_folder(c, given, &path);
    if (e.code) {
        return e;
    }
    while (path.len > 1 && path.ptr[path.len - 1] == '/') {
        path.len--;
    }
    path = str_copy(c->arena, path);
    if (!load_is_one(c->arena, files, path)) {
        e = load_folder(c->arena, files, path, ret);
        e = e.code == ERR_NOT_FOUND ? cli_no_folder(c, path) : e;
        return e.code || ret->len ? e : cli_no_regulations(c, path);
    }
    str whole = cli_path(c, path); /* its name, also where "." was given */
    while (whole.len > 1 && (str_ends(whole, STR("/.")) || str_ends(whole, STR("/")))) {
        whole.len--;
    }
    size_t at = whole.len;
    while (at && whole.ptr[at - 1] != '/') {
        at--;
    }
    ret->ptr = arena_array(c->arena, struct source, 1);
    ret->len = 1;
    return load_one(c->arena, files, path, str_from_n(whole.ptr + at, whole.len - at),
                    &ret->ptr[0]);
}

static void show_lines(struct cli *c, const struct change *x)
{
    struct diff_lines lines = text_diff(c->arena, x->before, x->after);
    for (size_t i = 0; i < lines.len; i++) {
        if (lines.ptr[i].sign != ' ' && str_trim(lines.ptr[i].text).len) {
            fprintf(c->out, "      %c %.*s\n", lines.ptr[i].sign, STR_ARG(lines.ptr[i].text));
        }
    }
}

static void show(struct cli *c, const struct publication *p)
{
    const struct law *law = NULL;
    for (size_t i = 0; i < p->changes.len; i++) {
        const struct change *x = &p->changes.ptr[i];
        if (x->law != law && x->kind != CHANGE_STRANDS) {
            law = x->law;
            str title = words_in(law->title, c->lang);
            if (law->version == 1) {
                cli_say(c, "%.*s（%.*s）：新制度，第 1 版", "%.*s (%.*s): new, version 1",
                        STR_ARG(title), STR_ARG(law->reg->key));
            } else {
                cli_say(c, "%.*s（%.*s）：第 %d 版 → 第 %d 版",
                        "%.*s (%.*s): version %d -> version %d", STR_ARG(title),
                        STR_ARG(law->reg->key), law->version - 1, law->version);
            }
        }
        bool gone = x->before.len && !x->after.len;
        bool come = x->after.len && !x->before.len;
        str what = words_in(x->what, c->lang);
        if (x->kind == CHANGE_STRANDS) {
            fprintf(c->out, "  ! %.*s\n", STR_ARG(what));
        } else if (law->version > 1 || x->kind == CHANGE_CROSSING || x->kind == CHANGE_SEE) {
            fprintf(c->out, "  %s %.*s\n", come ? "+" : gone ? "-" : "~", STR_ARG(what));
            show_lines(c, x);
        }
    }
}

/* A person's yes; without one nothing is published. */
static bool confirmed(struct cli *c, int argc, char **argv)
{
    if (cli_flag(argc, argv, "yes")) {
        return true;
    }
    bool zh = c->lang != LANG_EN;
    str said = cli_ask(c, zh ? STR("发布以上改动？输入 yes 确认：")
                             : STR("Publish these changes?  Type yes: "));
    return str_eq(said, STR("yes")) || str_eq(said, STR("y")) || str_eq(said, STR("是"));
}

static int refused(struct cli *c)
{
    cli_complain(c, "未发布：会使记录无法继续办理。", "Not published: it would strand records.");
    return 1;
}

static int carry_out(struct cli *c, struct publication *p, int64_t actor, struct diags *d)
{
    size_t shown = p->changes.len;
    err e = publish(c->engine, c->arena, p, actor, c->now(), d);
    cli_diags(c, d);
    if (e.code == ERR_STALE) {
        cli_complain(
            c, "未发布：其间已有另一次发布，请重新核对差异。",
            "Not published: another publication came first.  Look at the difference again.");
        return 1;
    }
    if (e.code == ERR_RULE && p->changes.len > shown) {
        show(c, p);
        return refused(c);
    }
    if (e.code) {
        return cli_fail(c, e);
    }
    for (size_t i = 0; i < p->sources.len; i++) {
        const struct source *s = &p->sources.ptr[i];
        cli_say(c, "已发布：%.*s 第 %d 版", "Published: %.*s, version %d", STR_ARG(s->name),
                s->version);
    }
    if (d->errors) {
        cli_say(
            c,
            "它自带的记录（records.yaml）没有全部登记：上面指出的一行和它以后的，请在系统中补登。",
            "The records it brings along (records.yaml) were not all entered: enter those from "
            "the line named above on by hand.");
    }
    return d->errors ? 1 : 0;
}

int cmd_publish(struct cli *c, int argc, char **argv)
{
    struct sources folders;
    struct diags d = diags_make(c->arena);
    struct publication p;
    int64_t actor = 0;
    str as = cli_option(argc, argv, "as");
    err e = read_folders(c, cli_word(argc, argv, 0), &folders);
    e = e.code || !as.len ? e : cli_account(c, as, &actor);
    if (e.code) {
        return cli_fail(c, e);
    }
    e = publish_plan(c->engine, c->arena, &folders, &d, &p);
    cli_diags(c, &d);
    d = diags_make(c->arena);
    if (e.code == ERR_VALUE) {
        cli_complain(c, "未发布：定义有错误，什么也没有改变。",
                     "Not published: the definitions hold mistakes.  Nothing was changed.");
        return 1;
    }
    if (e.code) {
        return cli_fail(c, e);
    }
    if (!p.sources.len) {
        cli_say(c, "没有改动：与现行制度相同。", "Nothing to publish: this is what is in force.");
        return 0;
    }
    show(c, &p);
    if (p.changes.refused) {
        return refused(c);
    }
    if (cli_flag(argc, argv, "dry-run")) {
        return 0;
    }
    if (!confirmed(c, argc, argv)) {
        cli_complain(c, "未发布。", "Not published.");
        return 1;
    }
    return carry_out(c, &p, actor, &d);
}
