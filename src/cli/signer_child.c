/* signer_child.c - where no signer is configured, the server has one of its own: a
 * process that holds the key and a line to it. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* zhidu-signer stands beside this program. */
static bool find_program(char *path, size_t size)
{
    static const char name[] = "zhidu-signer";
    ssize_t n = readlink("/proc/self/exe", path, size);
    if (n <= 0 || (size_t)n >= size) {
        return false;
    }
    path[n] = '\0';
    char *end = strrchr(path, '/');
    if (!end || (size_t)(end + 1 - path) + sizeof(name) > size) {
        return false;
    }
    memcpy(end + 1, name, sizeof(name));
    return access(path, X_OK) == 0;
}

/* Of the environment only the language. */
static void language(char *env[2])
{
    static const char *const names[] = {"LC_ALL=", "LC_MESSAGES=", "LANG="};
    env[0] = env[1] = NULL;
    for (size_t i = 0; i < 3 && !env[0]; i++) {
        for (char **v = environ; v && *v; v++) {
            size_t n = strlen(names[i]);
            env[0] = strncmp(*v, names[i], n) == 0 && (*v)[n] ? *v : env[0];
        }
    }
}

static char *text(struct arena *a, str s)
{
    return (char *)(uintptr_t)str_copy(a, s).ptr;
}

err signer_child_start(struct arena *life, const struct config *cfg, bool make, struct child *ret)
{
    char program[4096];
    char *env[2];
    if (!find_program(program, sizeof(program))) {
        return cli_refuse(life, ERR_NOT_FOUND,
                          words_fmt(life, "缺少程序 %s。", "The program %s is missing.", program),
                          WORDS("它与 zhidu 一同安装（make install）。",
                                "It is installed beside zhidu (make install)."));
    }
    char *argv[] = {program,
                    text(life, STR("child")),
                    text(life, STR("--dir")),
                    text(life, str_fmt(life, "%.*s/signer", STR_ARG(cfg->data))),
                    text(life, STR("--data")),
                    text(life, cfg->data),
                    make ? text(life, STR("--origin")) : NULL,
                    make ? text(life, cfg->origin) : NULL,
                    NULL};
    language(env);
    return child_start(life, program, argv, env, ret);
}
