// A stack of rows of bytes, for what a gradient remembers; the empty one holds zeros without end.
#pragma once

#include "lantern.hpp"

namespace lantern {

class Tape {
    char *data = nullptr;
    std::size_t used = 0, size = 0;

   public:
    Tape() = default;
    Tape(Tape &&other) noexcept { swap(other); }
    Tape &operator=(Tape &&other) noexcept {
        swap(other);
        return *this;
    }
    ~Tape() { std::free(data); }
    void swap(Tape &other) {
        std::swap(data, other.data);
        std::swap(used, other.used);
        std::swap(size, other.size);
    }
    // Returns where a row of that many bytes goes.
    char *push(std::size_t bytes) {
        if (size - used < bytes) grow(bytes);
        return data + std::exchange(used, used + bytes);
    }
    // Returns the top row, or nothing.
    const char *pop(std::size_t bytes) { return used == 0 ? nullptr : data + (used -= bytes); }

   private:
    [[gnu::noinline]] void grow(std::size_t bytes) {
        const std::size_t wanted = (size * 2 < 4096 ? 4096 : size * 2) + bytes;
        void *made = std::realloc(data, wanted);
        if (made == nullptr) throw std::bad_alloc();
        data = static_cast<char *>(made);
        size = wanted;
    }
};

template <class T>
inline void put(char *&row, const T &value) {
    std::memcpy(row, &value, sizeof(T));
    row += sizeof(T);
}
template <class T>
inline void put(char *&row, const T *values, std::size_t count) {
    std::memcpy(row, values, count * sizeof(T));
    row += count * sizeof(T);
}
template <class T>
inline void get(const char *&row, T &value) {
    if (row == nullptr) {
        value = T(0);
    } else {
        std::memcpy(&value, row, sizeof(T));
        row += sizeof(T);
    }
}
template <class T>
inline void get(const char *&row, T *values, std::size_t count) {
    if (row == nullptr) {
        std::memset(static_cast<void *>(values), 0, count * sizeof(T));
    } else {
        std::memcpy(static_cast<void *>(values), row, count * sizeof(T));
        row += count * sizeof(T);
    }
}
// A tape in a row is there as a pointer that the row owns.
inline void put(char *&row, Tape &&value) {
    Tape *kept = new Tape(std::move(value));
    put(row, reinterpret_cast<std::intptr_t>(kept));
}
inline void get(const char *&row, Tape &value) {
    std::intptr_t bits = 0;
    get(row, bits);
    Tape *kept = reinterpret_cast<Tape *>(bits);
    value = kept == nullptr ? Tape() : std::move(*kept);
    delete kept;
}

}  // namespace lantern
