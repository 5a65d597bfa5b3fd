/* load.h - from folders and stored versions to a model.
 *
 * The checker and the server use the same path: a source is the text of the
 * files of one version of one regulation, wherever it comes from.  Every
 * mistake is reported (diag.h), all in one run; a model is given only when
 * there is none.
 */
#ifndef MODEL_LOAD_H
#define MODEL_LOAD_H

#include "base/err.h"
#include "model/diag.h"
#include "model/model.h"

/* One version of one regulation, as files.  `name` is the folder's. */
struct source {
    str name;
    str folder;     /* where it was read, for messages; empty: the name */
    str text_zh;    /* regulation.md */
    str text_en;    /* regulation.en.md */
    str definition; /* definition.yaml */
    str examples;   /* examples.yaml, may be empty */
    str records;    /* records.yaml: records the regulation brings along, may be empty */
    int version;    /* 1, 2, ... */
    int64_t published_at;
    int64_t epoch; /* of its publication; ascending order of sources */
    /* Settings changed since the definition: "key=value" lines, the value as
     * people write it; lists as "key=entry:中文|English;..." */
    str overrides;
};

struct sources {
    struct source *ptr;
    size_t len;
};

/* Who opens files and folders for reading: a descriptor, or -1 with errno.  What
 * the path's last part names must be no link. */
struct load_files {
    int (*open)(void *arg, str path);
    void *arg;
};

/* Reads the folders below `dir` (each with a definition.yaml, its name beginning with a
 * lower-case letter; others are passed over) as version 1, in the order of names.
 * Files: at most 1 MB each, 200 folders (ERR_TOO_LARGE), no symbolic links followed out.
 * A file that is absent is empty.  ERR_NOT_FOUND: `dir` or a file that is there cannot be
 * read; ERR_INVALID: it is no plain file.  `files` NULL: opened here. */
MUST_CHECK err load_folder(struct arena *a, const struct load_files *files, str dir,
                           struct sources *ret);
/* Reads one folder as version 1 of regulation `name`; errors likewise. */
MUST_CHECK err load_one(struct arena *a, const struct load_files *files, str dir, str name,
                        struct source *ret);
/* Is `dir` the folder of one regulation? */
bool load_is_one(struct arena *a, const struct load_files *files, str dir);

/* The lists of standards (standard.h) in the files *.tsv of `dir`, in the order of names, at
 * most 50; a folder that is not there holds none.  Errors likewise. */
struct standard_file {
    str path, text;
};
MUST_CHECK err load_standards(struct arena *a, const struct load_files *files, str dir,
                              struct standard_file **ret, size_t *n);
/* One such file; ERR_NOT_FOUND where it is not there. */
MUST_CHECK err load_standard(struct arena *a, const struct load_files *files, str path,
                             struct standard_file *ret);

/* Builds the model of all versions given, at most 2,000, in any order.  NULL when there are
 * mistakes.  The texts of the sources live at least as long as the model: it points into
 * them.  Records and examples are not read here: steps.h. */
struct model *model_build(struct arena *a, const struct sources *s, struct diags *d);

#endif
