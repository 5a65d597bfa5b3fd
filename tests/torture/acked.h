/* acked.h - what was acknowledged, as load.c notes it and held.c looks for it. */
#ifndef TESTS_TORTURE_ACKED_H
#define TESTS_TORTURE_ACKED_H

#include "torture.h"

enum { ACKED_MAX = 1 << 20 };

struct acked {
    enum what what;
    int64_t key, record, act;
    char number[24];
};

#endif
