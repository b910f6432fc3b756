// Linear algebra by LAPACK's routines, which NumPy calls too: of matrices in rows, of what lies in columns inside.
#pragma once

#include <algorithm>
#include <vector>

#include "lantern.hpp"

namespace lantern::linear {

using Int = std::int64_t;

// The routines in the order in which the host gives them.
enum Routine { gesv, getrf, potrf, geqrf, orgqr, syevd, gesdd };

template <class... Args>
inline int run(Routine routine, Args... args) {
    int info = 0;
    reinterpret_cast<void (*)(Args..., int *)>(services.lapack[routine])(args..., &info);
    return info;
}

using Numbers = std::vector<double>;  // as NumPy, float32 is factorised in float64

// A matrix of `rows` in columns, and back.
template <class T>
inline Numbers in_columns(const T *matrix, Int rows, Int columns) {
    Numbers made(std::size_t(rows * columns));
    for (Int row = 0; row < rows; ++row)
        for (Int column = 0; column < columns; ++column)
            made[column * rows + row] = double(matrix[row * columns + column]);
    return made;
}

template <class T>
inline void in_rows(const Numbers &matrix, T *made, Int rows, Int columns) {
    for (Int row = 0; row < rows; ++row)
        for (Int column = 0; column < columns; ++column) made[row * columns + column] = T(matrix[column * rows + row]);
}

template <class T, class B>
inline void solve(const T *a, const B *b, T *made, Int size, Int columns, Int site) {
    if (size == 0) return;
    Numbers matrix = in_columns(a, size, size), sides = in_columns(b, size, columns);
    std::vector<int> order(size);
    int n = int(size), k = int(columns);
    if (run(gesv, &n, &k, matrix.data(), &n, order.data(), sides.data(), &n) != 0) raise(site);
    in_rows(sides, made, size, columns);
}

template <class T>
inline void inv(const T *a, T *made, Int size, Int site) {
    Numbers ones(std::size_t(size * size));
    for (Int at = 0; at < size; ++at) ones[at * size + at] = 1;
    solve(a, ones.data(), made, size, size, site);
}

template <class T, class M>
inline void slogdet(const T *a, M *sign, M *log, Int size) {
    double whole = 1, total = 0;
    Numbers matrix = in_columns(a, size, size);
    std::vector<int> order(size);
    int n = int(size);
    if (size > 0 && run(getrf, &n, &n, matrix.data(), &n, order.data()) > 0) {
        whole = 0, total = -INFINITY;
    } else {
        for (Int at = 0; at < size; ++at) {
            const double one = matrix[at * size + at];
            if ((order[at] != at + 1) != (one < 0)) whole = -whole;
            total += std::log(std::abs(one));
        }
    }
    *sign = M(whole), *log = M(total);
}

template <class T>
inline void det(const T *a, T *made, Int size) {
    double sign, log;
    slogdet(a, &sign, &log, size);
    *made = T(sign * std::exp(log));
}

template <class T>
inline void cholesky(const T *a, T *made, Int size, char triangle, Int site) {
    if (size == 0) return;
    Numbers matrix = in_columns(a, size, size);
    int n = int(size);
    if (run(potrf, &triangle, &n, matrix.data(), &n) != 0) raise(site);
    for (Int row = 0; row < size; ++row)
        for (Int column = 0; column < size; ++column) {
            const bool kept = triangle == 'L' ? column <= row : column >= row;
            made[row * size + column] = kept ? T(matrix[column * size + row]) : T(0);
        }
}

template <class T>
inline void eigen(const T *a, T *values, T *vectors, Int size, char triangle, Int site) {
    if (size == 0) return;
    Numbers matrix = in_columns(a, size, size), found(size), work(1);
    std::vector<int> numbers(1);
    char job = vectors == nullptr ? 'N' : 'V';
    int n = int(size), count = -1, whole = -1;
    for (int turn = 0; turn < 2; ++turn) {  // the first tells how much room it wants
        if (run(syevd, &job, &triangle, &n, matrix.data(), &n, found.data(), work.data(), &count, numbers.data(),
                &whole) != 0)
            raise(site);
        if (turn == 0) work.resize(count = int(work[0])), numbers.resize(whole = numbers[0]);
    }
    for (Int at = 0; at < size; ++at) values[at] = T(found[at]);
    if (vectors != nullptr) in_rows(matrix, vectors, size, size);
}

template <class T>
inline void eigh(const T *a, T *values, T *vectors, Int size, char triangle, Int site) {
    eigen(a, values, vectors, size, triangle, site);
}

template <class T>
inline void eigvalsh(const T *a, T *values, Int size, char triangle, Int site) {
    eigen<T>(a, values, nullptr, size, triangle, site);
}

template <class T>
inline void singular(char job, const T *a, T *u, T *values, T *vt, Int rows, Int columns, Int site) {
    const Int inner = std::min(rows, columns), left = job == 'A' ? rows : inner, right = job == 'A' ? columns : inner;
    if (inner == 0) {  // what is left of orthogonal factors
        for (Int at = 0; u != nullptr && at < rows * left; ++at) u[at] = at % (left + 1) == 0;
        for (Int at = 0; vt != nullptr && at < right * columns; ++at) vt[at] = at % (columns + 1) == 0;
        return;
    }
    Numbers matrix = in_columns(a, rows, columns), found(inner), lefts(rows * left), rights(right * columns), work(1);
    std::vector<int> numbers(8 * inner);
    int m = int(rows), n = int(columns), high = int(right), count = -1;
    for (int turn = 0; turn < 2; ++turn) {
        if (run(gesdd, &job, &m, &n, matrix.data(), &m, found.data(), lefts.data(), &m, rights.data(), &high,
                work.data(), &count, numbers.data()) != 0)
            raise(site);
        if (turn == 0) work.resize(count = int(work[0]));
    }
    for (Int at = 0; at < inner; ++at) values[at] = T(found[at]);
    if (job == 'N') return;
    in_rows(lefts, u, rows, left);
    in_rows(rights, vt, right, columns);
}

template <class T>
inline void svd(const T *a, T *u, T *values, T *vt, Int rows, Int columns, bool full, Int site) {
    singular(full ? 'A' : 'S', a, u, values, vt, rows, columns, site);
}

template <class T>
inline void svdvals(const T *a, T *values, Int rows, Int columns, Int site) {
    singular<T>('N', a, nullptr, values, nullptr, rows, columns, site);
}

template <class T>
inline void qr(const T *a, T *q, T *r, Int rows, Int columns, bool complete) {
    const Int inner = std::min(rows, columns), wide = complete ? rows : inner;
    Numbers matrix = in_columns(a, rows, columns), factors(inner), work(1);
    int m = int(rows), n = int(columns), k = int(inner), all = int(wide), count = -1;
    for (int turn = 0; turn < 2 && inner > 0; ++turn) {
        run(geqrf, &m, &n, matrix.data(), &m, factors.data(), work.data(), &count);
        if (turn == 0) work.resize(count = int(work[0]));
    }
    for (Int row = 0; row < wide; ++row)
        for (Int column = 0; column < columns; ++column)
            r[row * columns + column] = column >= row ? T(matrix[column * rows + row]) : T(0);
    matrix.resize(rows * wide);
    for (int turn = 0; turn < 2 && wide > 0; ++turn) {
        if (turn == 0) count = -1;
        run(orgqr, &m, &all, &k, matrix.data(), &m, factors.data(), work.data(), &count);
        if (turn == 0) work.resize(count = std::max(int(work[0]), 1));
    }
    in_rows(matrix, q, rows, wide);
}

}  // namespace lantern::linear
