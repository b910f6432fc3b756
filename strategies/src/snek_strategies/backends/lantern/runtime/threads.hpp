// Loops over many elements, and large products, in parts: one for each of a program's threads.
#pragma once

#include <pthread.h>

#include "products.hpp"

namespace lantern {

// Calls `part(first, last)` for THREADS parts of `count`, all at once. Threads are made for the call: a pool would not
// outlive a fork, and what is spread takes far longer than to make them. Where none is to be had, the caller's does it.
template <int THREADS, class Part>
void spread(std::int64_t count, const Part &part) {
    struct Share {
        const Part *part;
        std::int64_t first, last;
        pthread_t thread;
        bool elsewhere;
        static void *run(void *given) {
            const auto *own = static_cast<Share *>(given);
            (*own->part)(own->first, own->last);
            return nullptr;
        }
    } shares[THREADS];
    for (int i = THREADS - 1; i >= 0; --i) {
        shares[i] = {&part, count * i / THREADS, count * (i + 1) / THREADS, {}, false};
        shares[i].elsewhere = i > 0 && pthread_create(&shares[i].thread, nullptr, Share::run, &shares[i]) == 0;
        if (!shares[i].elsewhere) Share::run(&shares[i]);
    }
    for (int i = 1; i < THREADS; ++i)
        if (shares[i].elsewhere) pthread_join(shares[i].thread, nullptr);
}

// As `gemm`, by rows or by columns of c.
template <int THREADS, class T>
void gemm_spread(
    int m, int n, int k, const T *a, int lead_a, bool flip_a, const T *b, int lead_b, bool flip_b, T *c) {
    if (m >= n) {
        spread<THREADS>(m, [=](std::int64_t first, std::int64_t last) {
            const T *rows = a + first * (flip_a ? 1 : lead_a);
            gemm(int(last - first), n, k, rows, lead_a, flip_a, b, lead_b, flip_b, c + first * n, n);
        });
    } else {
        spread<THREADS>(n, [=](std::int64_t first, std::int64_t last) {
            const T *columns = b + first * (flip_b ? lead_b : 1);
            gemm(m, int(last - first), k, a, lead_a, flip_a, columns, lead_b, flip_b, c + first, n);
        });
    }
}

}  // namespace lantern
