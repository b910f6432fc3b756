// A row of values whose number is known when it is made. To compile <vector> for each kind of value takes longer than
// all else that the entry does.
#pragma once

#include <cstddef>

namespace entry {

template <class T>
class Row {
    T *first = nullptr;
    std::size_t count = 0;

    void swap(Row &other) {
        T *const own = first;
        const std::size_t size = count;
        first = other.first, count = other.count;
        other.first = own, other.count = size;
    }

   public:
    Row() = default;
    explicit Row(std::size_t size) : first(size == 0 ? nullptr : new T[size]()), count(size) {}
    Row(Row &&other) noexcept { swap(other); }
    Row &operator=(Row &&other) noexcept {
        swap(other);
        return *this;
    }
    ~Row() { delete[] first; }
    std::size_t size() const { return count; }
    bool empty() const { return count == 0; }
    T &operator[](std::size_t at) { return first[at]; }
    const T &operator[](std::size_t at) const { return first[at]; }
    T *begin() { return first; }
    T *end() { return first + count; }
    const T *begin() const { return first; }
    const T *end() const { return first + count; }
};

}  // namespace entry
