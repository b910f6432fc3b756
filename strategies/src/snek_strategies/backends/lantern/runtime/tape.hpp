// A stack of rows of bytes, for what a gradient remembers; the empty one holds rows of zeros without end.
#pragma once

#include "lantern.hpp"

namespace lantern {

// Zeros to read, as many as are asked for; what was given stays where it is while its thread lives.
class Zeros {
    struct Piece {
        Piece *older;
        std::size_t size;
    } *newest = nullptr;

   public:
    ~Zeros() {
        while (newest != nullptr) std::free(std::exchange(newest, newest->older));
    }
    [[gnu::noinline]] const char *get(std::size_t bytes) {
        if (newest == nullptr || newest->size < bytes) {
            const std::size_t size = bytes + (newest == nullptr ? 4096 : newest->size);
            auto *made = static_cast<Piece *>(std::calloc(sizeof(Piece) + size, 1));
            if (made == nullptr) throw std::bad_alloc();
            *made = {newest, size};
            newest = made;
        }
        return reinterpret_cast<const char *>(newest + 1);
    }
};
inline thread_local Zeros zeros;

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
    // Returns where a new row goes. A row is a multiple of 8 bytes long, so that whatever lies in it is aligned.
    char *push(std::size_t bytes) {
        if (__builtin_expect(size - used < bytes, 0)) grow(bytes);
        return data + std::exchange(used, used + bytes);
    }
    // Returns the top row, which stays there until the next push.
    const char *pop(std::size_t bytes) {
        if (__builtin_expect(used == 0, 0)) return zeros.get(bytes);
        return data + (used -= bytes);
    }

   private:
    [[gnu::noinline]] void grow(std::size_t bytes) {
        const std::size_t wanted = (size < 512 ? 512 : size) * 2 + bytes;
        void *made = std::realloc(data, wanted);
        if (made == nullptr) throw std::bad_alloc();
        data = static_cast<char *>(made);
        size = wanted;
    }
};

}  // namespace lantern
