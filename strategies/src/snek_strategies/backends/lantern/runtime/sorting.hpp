// Rows in their order, NaN last; equal elements stay as they stand.
#pragma once

#include <algorithm>

#include "lantern.hpp"

namespace lantern::sorting {

template <class T>
inline bool before(T a, T b) {
    return a < b || (b != b && a == a);
}

template <class T>
inline void values(const T *row, T *made, std::int64_t size) {
    std::copy(row, row + size, made);
    std::stable_sort(made, made + size, before<T>);
}
template <class T>
inline void positions(const T *row, std::int64_t *made, std::int64_t size) {
    for (std::int64_t at = 0; at < size; ++at) made[at] = at;
    std::stable_sort(made, made + size, [row](auto a, auto b) { return before<T>(row[a], row[b]); });
}

}  // namespace lantern::sorting
