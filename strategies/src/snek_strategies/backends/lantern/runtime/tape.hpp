// A stack of rows of bytes, for what a gradient remembers; the empty one holds rows of zeros without end.
#pragma once

#include "lantern.hpp"
#include "products.hpp"

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

// Memory that tapes have given back, for the next ones of their thread: the system would clear it page by page.
class Spare {
    static constexpr std::size_t COUNT = 8, MOST = 64 << 20;
    struct Piece {
        char *data;
        std::size_t bytes;
    } pieces[COUNT] = {};
    std::size_t total = 0;

   public:
    ~Spare() {
        for (const Piece &one : pieces) std::free(one.data);
    }
    // Takes the largest piece, where it has so many bytes.
    char *take(std::size_t &bytes) {
        Piece *found = pieces;
        for (Piece &one : pieces)
            if (one.bytes > found->bytes) found = &one;
        if (found->data == nullptr || found->bytes < bytes) return nullptr;
        bytes = std::exchange(found->bytes, 0);
        total -= bytes;
        return std::exchange(found->data, nullptr);
    }
    // Keeps a piece in the place of the smallest one.
    void put(char *data, std::size_t bytes) {
        Piece *found = pieces;
        for (Piece &one : pieces)
            if (one.bytes < found->bytes) found = &one;
        if (bytes <= found->bytes || total - found->bytes + bytes > MOST) return std::free(data);
        total += bytes - found->bytes;
        std::free(found->data);
        *found = {data, bytes};
    }
};
inline thread_local Spare spare;

// What a computation keeps for its gradient in memory of its own; a tape owns it.
struct Kept {
    Kept *older = nullptr;
    std::int64_t waiting = 0;  // for how many of its marked answers the gradient has not come back
    virtual ~Kept() = default;
};

template <class T>
class Made {
    T *made = new T;
    bool mine = true;

   public:
    Made() = default;
    ~Made() {
        if (mine) delete made;
    }
    Made(const Made &) = delete;
    T &operator*() const { return *made; }
    bool release() { return std::exchange(mine, false); }
};

// A row that says where the rest is: which answer of what was computed together; or nowhere, then it lies below.
struct Mark {
    Kept *kept;
    std::int64_t answer;
};

class Tape {
    Kept *newest = nullptr;
    char *data = nullptr;
    std::size_t used = 0, size = 0, bytes = 0;
    bool summed = false;

   public:
    Tape() = default;
    Tape(Tape &&other) noexcept { swap(other); }
    Tape &operator=(Tape &&other) noexcept {
        swap(other);
        return *this;
    }
    ~Tape() {
        if (data != nullptr) spare.put(data, bytes);
        while (newest != nullptr) delete std::exchange(newest, newest->older);
    }
    void swap(Tape &other) {
        std::swap(newest, other.newest);
        std::swap(data, other.data);
        std::swap(used, other.used);
        std::swap(size, other.size);
        std::swap(bytes, other.bytes);
        std::swap(summed, other.summed);
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
    void mark(Kept *kept, std::int64_t answer) {
        if (kept != nullptr) ++kept->waiting;
        const Mark made{kept, answer};
        std::memcpy(push(sizeof made), &made, sizeof made);
    }
    Mark marked() {
        Mark found;
        std::memcpy(&found, pop(sizeof found), sizeof found);
        return found;
    }
    // Owns what was kept, from now on, until it is dropped or the tape goes.
    template <class T>
    T *keep(Made<T> &made) {
        T *kept = &*made;
        if (made.release()) kept->older = std::exchange(newest, kept);
        return kept;
    }
    void drop(Kept *kept) {
        for (Kept **link = &newest; *link != nullptr; link = &(*link)->older)
            if (*link == kept) {
                *link = kept->older;
                delete kept;
                return;
            }
    }
    // A tape that gathers factors has none of these rows: `used` rows of the left ones lie together, then the right
    // ones, then what the products of earlier rows add up to. Memory stays bounded however many are gathered.
    template <class T>
    struct Factors {
        T *left, *right;
    };
    template <class T, int M, int N, int ROWS>
    Factors<T> gather() {
        constexpr std::size_t room = ROWS > GATHERED ? ROWS : GATHERED;
        if (__builtin_expect(used + ROWS > size, 0)) {
            if (used != 0) multiply<T, M, N>(sums<T, M, N>(), summed), summed = true, used = 0;
            if (size < room) widen<T, M, N>(room);
        }
        T *left = reinterpret_cast<T *>(data);
        const std::size_t at = std::exchange(used, used + ROWS);
        return {left + at * M, left + size * M + at * N};
    }
    // c (M by N) = the sum of the products of the left factors, turned round, and the right ones.
    template <class T, int M, int N>
    void product(T *c) {
        if (summed) std::memcpy(c, sums<T, M, N>(), sizeof(T) * M * N);
        if (used != 0) {
            multiply<T, M, N>(c, summed);
        } else if (!summed) {
            std::memset(c, 0, sizeof(T) * M * N);
        }
    }

   private:
    static constexpr std::size_t GATHERED = 256;  // rows enough for a product to compute rather than wait for memory
    template <class T, int M, int N>
    T *sums() const {
        return reinterpret_cast<T *>(data) + size * (M + N);
    }
    template <class T, int M, int N>
    void multiply(T *c, bool add) const {
        const T *left = reinterpret_cast<const T *>(data);
        gemm<T>(M, N, int(used), left, M, true, left + size * M, N, false, c, N, add);
    }
    template <class T, int M, int N>
    [[gnu::noinline]] void widen(std::size_t room) {
        std::size_t wanted = sizeof(T) * (room * (M + N) + std::size_t(M) * N);
        char *made = spare.take(wanted);
        if (made == nullptr) made = static_cast<char *>(std::malloc(wanted));
        if (made == nullptr) throw std::bad_alloc();
        if (summed) std::memcpy(made + sizeof(T) * room * (M + N), sums<T, M, N>(), sizeof(T) * M * N);
        if (data != nullptr) spare.put(data, bytes);
        data = made;
        bytes = wanted;
        size = room;
    }
    [[gnu::noinline]] void grow(std::size_t row) {
        std::size_t wanted = (size < 512 ? 512 : size) * 2 + row;
        char *made = data == nullptr ? spare.take(wanted) : nullptr;
        if (made == nullptr) made = static_cast<char *>(std::realloc(data, wanted));
        if (made == nullptr) throw std::bad_alloc();
        data = made;
        size = bytes = wanted;
    }
};

}  // namespace lantern
