// Memory of large results, used again: what the system gives anew it has to clear first, page by page, which takes longer
// than to compute most elements. NumPy asks a handler (its NEP 49) for an array's memory and gives it back to that one;
// it does so with the GIL held.
#pragma once

#include <cstdlib>
#include <cstring>

#include "python_abi.hpp"

namespace numpy {

constexpr std::size_t LARGE = 1 << 14, MOST_UNUSED = 64 << 20;  // in elements, and in bytes

// Stands before an array's elements.
struct alignas(64) Block {
    std::size_t size;
    Block *older;
    char *elements() { return reinterpret_cast<char *>(this + 1); }
    static Block *of(void *elements) { return static_cast<Block *>(elements) - 1; }
};

struct Unused {
    Block *newest = nullptr;
    std::size_t bytes = 0;
};
inline Unused unused;

inline void *take(void *, std::size_t wanted) {
    const std::size_t size = (wanted + 4095) / 4096 * 4096;
    for (Block **at = &unused.newest; *at != nullptr; at = &(*at)->older) {
        if ((*at)->size != size) continue;
        Block *found = *at;
        *at = found->older;
        unused.bytes -= size;
        return found->elements();
    }
    auto *made = static_cast<Block *>(std::aligned_alloc(alignof(Block), sizeof(Block) + size));
    if (made == nullptr) return nullptr;
    made->size = size;
    return made->elements();
}

inline void give_back(void *, void *elements, std::size_t) {
    if (elements == nullptr) return;
    Block *one = Block::of(elements);
    one->older = unused.newest;
    unused.newest = one;
    unused.bytes += one->size;
    while (unused.bytes > MOST_UNUSED) {
        Block **oldest = &unused.newest;
        while ((*oldest)->older != nullptr) oldest = &(*oldest)->older;
        unused.bytes -= (*oldest)->size;
        std::free(*oldest);
        *oldest = nullptr;
    }
}

inline void *take_zeros(void *, std::size_t count, std::size_t size) {
    void *made = take(nullptr, count * size);
    if (made != nullptr) std::memset(made, 0, count * size);
    return made;
}

inline void *resize(void *, void *elements, std::size_t wanted) {
    void *made = take(nullptr, wanted);
    if (made == nullptr || elements == nullptr) return made;
    const std::size_t before = Block::of(elements)->size;
    std::memcpy(made, elements, before < wanted ? before : wanted);
    give_back(nullptr, elements, 0);
    return made;
}

// As `PyDataMem_Handler` in NumPy's headers.
struct Handler {
    char name[127];
    std::uint8_t version;
    void *context;
    void *(*malloc)(void *, std::size_t);
    void *(*calloc)(void *, std::size_t, std::size_t);
    void *(*realloc)(void *, void *, std::size_t);
    void (*free)(void *, void *, std::size_t);
};

// While it stands, arrays that are made have memory that is used again.
class Reusing {
    PyObject *before = nullptr;

    static PyObject *handler() {
        static Handler ours{"snek_reused", 1, nullptr, take, take_zeros, resize, give_back};
        static PyObject *const made = PyCapsule_New(&ours, "mem_handler", nullptr);
        return made;
    }
    static PyObject *set(PyObject *handler) { return reinterpret_cast<PyObject *(*)(PyObject *)>(table[304])(handler); }

   public:
    // Without it, or where it cannot, arrays have memory as ever.
    explicit Reusing(bool wanted) : before(wanted && handler() != nullptr ? set(handler()) : nullptr) {}
    ~Reusing() {
        if (before == nullptr) return;
        Py_DecRef(set(before));
        Py_DecRef(before);
    }
    Reusing(const Reusing &) = delete;
};

}  // namespace numpy
