// Matrix products: tiles held in registers where the right factor is at hand or packed, BLAS for large ones.
#pragma once

#include "lantern.hpp"

namespace lantern {

using Gemm = void (*)(char *, char *, int *, int *, int *, void *, void *, int *, void *, int *, void *, void *, int *);

// c (m by n) = a b, or that much more; rows lie `lead` apart; a "transposed" operand has its columns together.
template <class T>
void gemm(
    int m, int n, int k, const T *a, int lead_a, bool flip_a, const T *b, int lead_b, bool flip_b, T *c,
    int lead_c, bool add = false) {
    char first = flip_b ? 'T' : 'N', second = flip_a ? 'T' : 'N';
    T one = 1, kept = add ? 1 : 0;
    const auto call = reinterpret_cast<Gemm>(sizeof(T) == 8 ? services.dgemm : services.sgemm);
    call(&first, &second, &n, &m, &k, &one, const_cast<T *>(b), &lead_b, const_cast<T *>(a), &lead_a, &kept, c, &lead_c);
}

// A product and a sum may be rounded once here: which terms a sum's rounding meets is free anyway.
#if defined(__clang__)
#define LANTERN_CONTRACTS
#define LANTERN_CONTRACT_HERE _Pragma("clang fp contract(fast)")
#else
#define LANTERN_CONTRACTS __attribute__((optimize("fp-contract=fast")))
#define LANTERN_CONTRACT_HERE
#endif

template <class T>
struct Lanes {
    typedef T Vector __attribute__((vector_size(64)));
    static constexpr int COUNT = 64 / int(sizeof(T));
};
#if defined(__AVX512F__)
constexpr int ACCUMULATORS = 24;
#else
constexpr int ACCUMULATORS = 6;  // 16 registers hold half as much each
#endif

template <class T>
inline auto load(const T *from) {
    typename Lanes<T>::Vector made;
    std::memcpy(&made, from, sizeof made);
    return made;
}

// A tile of ROWS rows and WIDTH vectors of c = a b; rows of b lie `lead_b` apart, elements of a row of a `step`.
template <class T, int ROWS, int WIDTH>
LANTERN_CONTRACTS [[gnu::noinline]] void tile(
    std::int64_t depth, const T *a, std::int64_t row, std::int64_t step, const T *b, std::int64_t lead_b, T *c,
    std::int64_t lead_c) {
    LANTERN_CONTRACT_HERE
    using Vector = typename Lanes<T>::Vector;
    Vector sums[ROWS][WIDTH];
#pragma GCC unroll 24
    for (int i = 0; i < ROWS; ++i)
#pragma GCC unroll 24
        for (int j = 0; j < WIDTH; ++j) sums[i][j] = Vector{};
    for (std::int64_t k = 0; k < depth; ++k) {
        Vector right[WIDTH];
#pragma GCC unroll 24
        for (int j = 0; j < WIDTH; ++j) {
            right[j] = load(b + k * lead_b + j * Lanes<T>::COUNT);
#if defined(__AVX512F__)
            // Up to four rows, GCC would load each vector anew for every row, mostly from two cache lines.
            if constexpr (ROWS > 1) asm("" : "+v"(right[j]));
#endif
        }
#pragma GCC unroll 24
        for (int i = 0; i < ROWS; ++i) {
            const T left = a[i * row + k * step];
#pragma GCC unroll 24
            for (int j = 0; j < WIDTH; ++j) sums[i][j] += left * right[j];
        }
    }
#pragma GCC unroll 24
    for (int i = 0; i < ROWS; ++i)
#pragma GCC unroll 24
        for (int j = 0; j < WIDTH; ++j) std::memcpy(c + i * lead_c + j * Lanes<T>::COUNT, &sums[i][j], sizeof(Vector));
}

// How a product of M rows and N columns is cut into tiles.
template <class T, int M, int N, int K>
struct Cut {
    static constexpr int LANES = Lanes<T>::COUNT;
    static constexpr int WANTED = M == 1 ? 8 : M <= 3 ? 4 : 2;
    static constexpr int FIT = WANTED < ACCUMULATORS ? WANTED : ACCUMULATORS;
    static constexpr int WIDTH = N / LANES < FIT ? N / LANES : FIT;
    static constexpr int TALL = ACCUMULATORS / WIDTH;
    static constexpr int ROWS = (M + (M + TALL - 1) / TALL - 1) / ((M + TALL - 1) / TALL);
    static constexpr int COLUMNS = WIDTH * LANES, WHOLE = N / COLUMNS * COLUMNS;
    // The last tile reaches back over columns that are done: what it writes there is the same.
    static constexpr int LAST = (N - WHOLE + LANES - 1) / LANES, START = N - LAST * LANES;
    // Rows of a that stay near while all of b passes by.
    static constexpr int NEAR = (1 << 18) / (K * int(sizeof(T)) * ROWS + 1) + 1, CHUNK = NEAR * ROWS;
    static constexpr std::int64_t PACKED = std::int64_t(K) * (WHOLE + LAST * LANES);
};

template <class T, int WIDTH, int ROWS, int REST>
inline void column(
    int m, std::int64_t depth, const T *a, std::int64_t row, std::int64_t step, const T *b, std::int64_t lead_b, T *c,
    std::int64_t lead_c) {
    int i = 0;
    for (; i + ROWS <= m; i += ROWS) tile<T, ROWS, WIDTH>(depth, a + i * row, row, step, b, lead_b, c + i * lead_c, lead_c);
    if constexpr (REST != 0)
        if (i < m) tile<T, REST, WIDTH>(depth, a + i * row, row, step, b, lead_b, c + i * lead_c, lead_c);
}

// c = a b for N of a vector's length or more: the rows of b lie `lead_b` apart, or b is packed.
template <class T, int M, int N, int K, bool PACKED>
inline void product_of_rows(const T *a, std::int64_t row, std::int64_t step, const T *b, std::int64_t lead_b, T *c) {
    using Parts = Cut<T, M, N, K>;
    for (int top = 0; top < M; top += Parts::CHUNK) {
        const int m = M - top < Parts::CHUNK ? M - top : Parts::CHUNK;
        const T *left = a + top * row;
        T *made = c + std::int64_t(top) * N;
        for (int from = 0; from < Parts::WHOLE; from += Parts::COLUMNS)
            column<T, Parts::WIDTH, Parts::ROWS, M % Parts::ROWS>(
                m, K, left, row, step, PACKED ? b + std::int64_t(from) * K : b + from,
                PACKED ? Parts::COLUMNS : lead_b, made + from, N);
        if constexpr (Parts::LAST != 0)
            column<T, Parts::LAST, Parts::ROWS, M % Parts::ROWS>(
                m, K, left, row, step, PACKED ? b + std::int64_t(Parts::WHOLE) * K : b + Parts::START,
                PACKED ? Parts::LAST * Parts::LANES : lead_b, made + Parts::START, N);
    }
}

// The same for any number of rows.
template <class T, int N, int K>
inline void product_of_any_rows(
    std::int64_t m, const T *a, std::int64_t row, std::int64_t step, const T *b, std::int64_t lead_b, T *c) {
    std::int64_t at = 0;
    for (; at + 16 <= m; at += 16) product_of_rows<T, 16, N, K, false>(a + at * row, row, step, b, lead_b, c + at * N);
    for (; at + 4 <= m; at += 4) product_of_rows<T, 4, N, K, false>(a + at * row, row, step, b, lead_b, c + at * N);
    for (; at < m; ++at) product_of_rows<T, 1, N, K, false>(a + at * row, row, step, b, lead_b, c + at * N);
}

// Lays b out in the order in which products with M rows read it.
template <class T, int M, int N, int K>
inline void pack(const T *b, std::int64_t row, std::int64_t step, T *packed) {
    using Parts = Cut<T, M, N, K>;
    const auto panel = [&](int from, int width) {
        for (std::int64_t k = 0; k < K; ++k)
            for (int j = 0; j < width; ++j) *packed++ = b[k * row + (from + j) * step];
    };
    for (int from = 0; from < Parts::WHOLE; from += Parts::COLUMNS) panel(from, Parts::COLUMNS);
    if constexpr (Parts::LAST != 0) panel(Parts::START, Parts::LAST * Parts::LANES);
}

// COUNT elements of c = rows x: the rows lie `lead` apart, and side by side they share what is read of x.
template <class T, int K, int COUNT>
LANTERN_CONTRACTS inline void some_dots(const T *rows, std::int64_t lead, const T *x, T *c) {
    LANTERN_CONTRACT_HERE
    constexpr int LANES = Lanes<T>::COUNT, WHOLE = K / LANES * LANES;
    typename Lanes<T>::Vector sums[COUNT] = {};
    for (int k = 0; k < WHOLE; k += LANES) {
        const auto own = load(x + k);
#pragma GCC unroll 8
        for (int j = 0; j < COUNT; ++j) sums[j] += own * load(rows + j * lead + k);
    }
#pragma GCC unroll 8
    for (int j = 0; j < COUNT; ++j) {
        T total = 0;
        for (int lane = 0; lane < LANES; ++lane) total += sums[j][lane];
        for (int k = WHOLE; k < K; ++k) total += rows[j * lead + k] * x[k];
        c[j] = total;
    }
}

template <class T, int N, int K>
LANTERN_CONTRACTS [[gnu::noinline]] void dots(const T *rows, std::int64_t lead, const T *x, T *c) {
    constexpr int COUNT = 8;
    for (int j = 0; j < N / COUNT * COUNT; j += COUNT) some_dots<T, K, COUNT>(rows + j * lead, lead, x, c + j);
    if constexpr (N % COUNT != 0) some_dots<T, K, N % COUNT>(rows + N / COUNT * COUNT * lead, lead, x, c + N / COUNT * COUNT);
}

// The same by loops for few numbers; strides are known, so that the compiler unrolls and vectorises.
template <class T, int M, int N, int K, long ROW_A, long COLUMN_A, long ROW_B, long COLUMN_B>
LANTERN_CONTRACTS inline void product(const T *a, const T *b, T *__restrict c) {
    LANTERN_CONTRACT_HERE
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
            T sums[N] = {};
            for (int k = 0; k < K; ++k) {
                const T factor = a[i * ROW_A + k * COLUMN_A];
#pragma omp simd
                for (int j = 0; j < N; ++j) sums[j] += factor * b[k * ROW_B + j * COLUMN_B];
            }
            for (int j = 0; j < N; ++j) c[i * N + j] = sums[j];
        }
    }
}

// The same for extents and strides that only the run tells.
template <class T>
LANTERN_CONTRACTS [[gnu::noinline]] void product_of_any_size(
    std::int64_t m, std::int64_t n, std::int64_t depth, const T *a, const T *b, T *__restrict c, std::int64_t row_a,
    std::int64_t column_a, std::int64_t row_b, std::int64_t column_b) {
    LANTERN_CONTRACT_HERE
    for (std::int64_t i = 0; i < m; ++i, c += n) {
        for (std::int64_t j = 0; j < n; ++j) c[j] = 0;
        for (std::int64_t k = 0; k < depth; ++k) {
            const T factor = a[i * row_a + k * column_a];
            for (std::int64_t j = 0; j < n; ++j) c[j] += factor * b[k * row_b + j * column_b];
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
