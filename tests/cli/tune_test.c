/* What of the configuration changes while the server runs is read again at each reload and
 * stays for its life, because a request may be using it: so it takes what it says, no more. */
#include "base/arena.h"

#include "cli/tune.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void written(char *path, const char *text)
{
    int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void a_thousand_reloads_take_little_memory(void **state)
{
    enum { RELOADS = 1000, MOST = 4 << 20 };
    (void)state;
    char conf[] = "/tmp/zhidu-tune-conf-XXXXXX";
    char cert[] = "/tmp/zhidu-tune-cert-XXXXXX";
    struct arena life = arena_make(1u << 30);
    struct cli c = {.arena = &life, .cwd = STR("/")};
    written(cert, "no certificate\n");
    written(conf, "proxies = 10.0.0.1, 10.0.0.2\n");
    for (int i = 0; i < RELOADS; i++) {
        struct tuning *t;
        struct config k;
        assert_int_equal(config_read(&life, str_from(conf), &k).code, ERR_NONE);
        assert_int_equal(tune_read(&c, &k, &t).code, ERR_NONE);
        assert_int_equal(t->limits.proxies.len, 2);
        k.tls_cert = k.tls_key = str_from(cert);
        assert_int_equal(tune_read(&c, &k, &t).code, ERR_INVALID); /* both were read */
    }
    assert_in_range(life.held, 1, MOST);
    unlink(cert);
    unlink(conf);
    arena_end(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_reloads_take_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
