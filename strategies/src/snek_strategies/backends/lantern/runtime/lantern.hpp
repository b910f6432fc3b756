// What every compiled program runs on: errors, memory by frames, an ear for Ctrl-C.
#pragma once

#include <pthread.h>
#include <time.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
// What libstdc++ asks for C++17's special functions, which take longer to parse than all else here.
#undef _GLIBCXX_USE_STD_SPEC_FUNCS
#include <cmath>

#include "raised.hpp"

namespace lantern {

struct Interrupted {};  // Ctrl-C was pressed; Python knows the exception
struct TooDeep {};
struct NotPrinted {};  // the host could not print; it knows why

template <class T>
inline std::int64_t word(T value) {
    if constexpr (std::is_floating_point_v<T>) {
        const double wide = value;
        std::int64_t bits;
        std::memcpy(&bits, &wide, sizeof bits);
        return bits;
    } else {
        return std::int64_t(value);
    }
}

template <class... T>
[[noreturn, gnu::cold, gnu::noinline]] void raise(std::int64_t site, T... values) {
    throw Raised{site, {word(values)...}};
}

// What the host gives a loaded program.
struct Services {
    void *(*save_thread)();
    void (*restore_thread)(void *);
    int (*check_signals)();
    void *dgemm;
    void *sgemm;
    int (*print)(std::int64_t site, const void *const *values);
    void *lapack[7];
};
inline Services services{};

// Lets the host print, now, what stands at a numbered `print` of the program; it takes the GIL for that.
[[gnu::cold, gnu::noinline]] inline void print(std::int64_t site, const void *const *values) {
    if (services.print(site, values) != 0) throw NotPrinted{};
}

// Memory as a stack: a function takes its frame when it is entered and leaves it when it returns or raises.
struct Chunk {
    Chunk *next;
    std::size_t size;
};

class Arena {
   public:
    char *top = nullptr, *end = nullptr;
    Chunk *first = nullptr, *current = nullptr;
    ~Arena() {
        while (first != nullptr) std::free(std::exchange(first, first->next));
    }
    char *take(std::size_t bytes) {
        if (std::size_t(end - top) < bytes || top == nullptr) more(bytes);
        return std::exchange(top, top + bytes);
    }

   private:
    void more(std::size_t bytes) {
        Chunk **link = current == nullptr ? &first : &current->next;
        while (*link != nullptr && (*link)->size < bytes) link = &(*link)->next;
        if (*link == nullptr) {
            const std::size_t size = bytes < (1u << 18) ? 1u << 18 : bytes;
            auto *made = static_cast<Chunk *>(std::aligned_alloc(64, ((size + 64 + 63) / 64) * 64));
            if (made == nullptr) throw std::bad_alloc();
            *made = {nullptr, size};
            *link = made;
        }
        current = *link;
        top = reinterpret_cast<char *>(current) + 64;
        end = top + current->size;
    }
};

struct Context {
    Arena arena;
    void *thread = nullptr;
    char *stack_end = nullptr;
    std::size_t stack_size = 0;
    const bool *stop = nullptr;  // in a thread of the program's own: whether nobody asks for its part any more
    std::uint32_t entered = 0;
    std::int64_t looked = 0;  // in milliseconds

    Context() {
        pthread_attr_t attributes;
        void *low = nullptr;
        if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
            pthread_attr_getstack(&attributes, &low, &stack_size);
            pthread_attr_destroy(&attributes);
        }
        stack_end = static_cast<char *>(low) + 128 * 1024;
    }
};

// Asks Python now and then whether Ctrl-C was pressed.
[[gnu::cold, gnu::noinline]] inline void poll(Context &context) {
    if (context.stop != nullptr) {
        if (__atomic_load_n(context.stop, __ATOMIC_RELAXED)) throw Interrupted{};
        return;
    }
    timespec clock;  // <chrono> would take longer to compile than most programs
    clock_gettime(CLOCK_MONOTONIC, &clock);
    const std::int64_t now = std::int64_t(clock.tv_sec) * 1000 + clock.tv_nsec / 1000000;
    if (now - context.looked < 20) return;
    context.looked = now;
    services.restore_thread(context.thread);
    const int bad = services.check_signals();
    context.thread = services.save_thread();
    if (bad != 0) throw Interrupted{};
}

inline void enter(Context &context, std::int64_t depth, std::int64_t limit) {
    if ((++context.entered & 0xffff) == 0) poll(context);
    if (depth > limit || static_cast<char *>(__builtin_frame_address(0)) < context.stack_end) throw TooDeep{};
}

class Frame {
    Arena &arena;
    char *top, *end;
    Chunk *current;

   public:
    char *const memory;
    Frame(Context &context, std::size_t bytes)
        : arena(context.arena), top(arena.top), end(arena.end), current(arena.current), memory(arena.take(bytes)) {}
    ~Frame() {
        arena.top = top;
        arena.end = end;
        arena.current = current;
    }
    Frame(const Frame &) = delete;
    template <class T>
    T *at(std::size_t offset) const {
        return reinterpret_cast<T *>(memory + offset);
    }
};

// Runs a program, other threads of Python meanwhile where it is told to let them; says how it ended: 0 well, 1 raised,
// 2 too deep, 3 no memory, 4 interrupted, 5 not printed.
template <bool LET_OTHERS_RUN, class Body>
int run(Raised *raised, Body body) {
    static thread_local Context context;
    if constexpr (LET_OTHERS_RUN) context.thread = services.save_thread();
    int code = 0;
    try {
        body(context);
    } catch (const Raised &error) {
        *raised = error;
        code = 1;
    } catch (const TooDeep &) {
        code = 2;
    } catch (const std::bad_alloc &) {
        code = 3;
    } catch (const Interrupted &) {
        code = 4;
    } catch (const NotPrinted &) {
        code = 5;
    }
    if constexpr (LET_OTHERS_RUN) services.restore_thread(context.thread);
    return code;
}

}  // namespace lantern
