// Matrix products: BLAS for large ones, loops of known extents for small ones.
#pragma once

#include "lantern.hpp"

namespace lantern {

using Gemm = void (*)(char *, char *, int *, int *, int *, void *, void *, int *, void *, int *, void *, void *, int *);

// c (m by n, rows together) = a b; a "transposed" operand has its columns together.
template <class T>
void gemm(int m, int n, int k, const T *a, int lead_a, bool flip_a, const T *b, int lead_b, bool flip_b, T *c) {
    char first = flip_b ? 'T' : 'N', second = flip_a ? 'T' : 'N';
    T one = 1, zero = 0;
    const auto call = reinterpret_cast<Gemm>(sizeof(T) == 8 ? services.dgemm : services.sgemm);
    call(&first, &second, &n, &m, &k, &one, const_cast<T *>(b), &lead_b, const_cast<T *>(a), &lead_a, &zero, c, &n);
}

// The same by loops; strides are known, so that the compiler unrolls and vectorises.
template <class T, int M, int N, int K, long ROW_A, long COLUMN_A, long ROW_B, long COLUMN_B>
inline void product(const T *a, const T *b, T *__restrict c) {
    for (int i = 0; i < M; ++i) {
        if constexpr (N == 1 || (ROW_B == 1 && COLUMN_B != 1)) {
            for (int j = 0; j < N; ++j) {
                T sum = 0;
                if constexpr (std::is_floating_point_v<T>) {
#pragma omp simd reduction(+ : sum)
                    for (int k = 0; k < K; ++k) sum += a[i * ROW_A + k * COLUMN_A] * b[k * ROW_B + j * COLUMN_B];
                } else {
                    for (int k = 0; k < K; ++k) sum += a[i * ROW_A + k * COLUMN_A] * b[k * ROW_B + j * COLUMN_B];
                }
                c[i * N + j] = sum;
            }
        } else {
            constexpr int BLOCK = 512 / sizeof(T);
            for (int from = 0; from < N; from += BLOCK) {
                const int width = N - from < BLOCK ? N - from : BLOCK;
                T sums[BLOCK] = {};
                if (width == BLOCK) {
                    for (int k = 0; k < K; ++k) {
                        const T factor = a[i * ROW_A + k * COLUMN_A];
#pragma GCC unroll 16
                        for (int j = 0; j < BLOCK; ++j) sums[j] += factor * b[k * ROW_B + (from + j) * COLUMN_B];
                    }
                } else {
                    for (int k = 0; k < K; ++k) {
                        const T factor = a[i * ROW_A + k * COLUMN_A];
#pragma omp simd
                        for (int j = 0; j < N % BLOCK; ++j) sums[j] += factor * b[k * ROW_B + (from + j) * COLUMN_B];
                    }
                }
                for (int j = 0; j < width; ++j) c[i * N + from + j] = sums[j];
            }
        }
    }
}

template <int M, int N, int K, long ROW_A, long COLUMN_A, long ROW_B, long COLUMN_B>
inline void product_of_flags(const bool *a, const bool *b, bool *c) {
    for (int i = 0; i < M; ++i)
        for (int j = 0; j < N; ++j) {
            bool any = false;
            for (int k = 0; k < K; ++k) any = any || (a[i * ROW_A + k * COLUMN_A] && b[k * ROW_B + j * COLUMN_B]);
            c[i * N + j] = any;
        }
}

}  // namespace lantern
