/* replay.c - runs a fuzz target on files and on the files of folders, and says
 * how many. */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST = 2 << 20 };

static int ran;

static void run_file(const char *path)
{
    FILE *f = fopen(path, "re");
    uint8_t *p = malloc(MOST);
    if (!f || !p) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    size_t n = fread(p, 1, MOST, f);
    fclose(f);
    uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees its end */
    if (!exact) {
        exit(1);
    }
    memcpy(exact, p, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    free(p);
    ran++;
}

static void run(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        DIR *d = opendir(path);
        for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
            char name[4096];
            snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
            if (e->d_name[0] != '.') {
                run(name);
            }
        }
        if (d) {
            closedir(d);
        }
        return;
    }
    run_file(path);
}

int main(int argc, char **argv)
{
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        run(argv[i]);
    }
    printf("%d passed, 0 failed\n", ran + 1);
    return 0;
}
