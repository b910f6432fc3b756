// Two parts of a program that need nothing of each other, one of them in a thread of its own where that has paid.
#pragma once

#include <atomic>
#include <exception>

#include "lantern.hpp"

namespace lantern {

constexpr std::int64_t DEEP = 8;              // levels of a recursion that may have threads: 256 parts
constexpr std::int64_t WORTH = 200'000;       // ns that the shorter part takes; a thread's beginning is a tenth of it
constexpr std::int32_t SELDOM = 63;           // runs of short parts between two that are measured

// What is known of a pair of parts, at one level of a recursion: how long the shorter one took when it ran last.
struct Usual {
    std::atomic<std::int64_t> shorter{0};
    std::atomic<std::int32_t> unmeasured{0};
    void note(std::int64_t first, std::int64_t second) {
        const std::int64_t least = first < second ? first : second;
        shorter.store(least, std::memory_order_relaxed);
        unmeasured.store(least < WORTH / 16 ? SELDOM : 0, std::memory_order_relaxed);
    }
};

inline std::int64_t nanoseconds() {
    timespec clock;
    clock_gettime(CLOCK_MONOTONIC, &clock);
    return std::int64_t(clock.tv_sec) * 1'000'000'000 + clock.tv_nsec;
}

// How many threads a program has beside those that call it.
inline std::atomic<int> threads_taken{0};

// A part in a thread of its own. It has as much stack as the caller has, so that it goes as deep.
template <class Part>
class Elsewhere {
    Part &part;
    pthread_t thread;
    bool stop = false;
    std::exception_ptr error;
    bool running = false;

    static void *run(void *given) {
        auto *own = static_cast<Elsewhere *>(given);
        const std::int64_t begun = nanoseconds();
        try {
            Context context;
            context.stop = &own->stop;
            own->part(context);
        } catch (...) {
            own->error = std::current_exception();
        }
        own->took = nanoseconds() - begun;
        return nullptr;
    }

   public:
    std::int64_t took = 0;
    Elsewhere(Part &given, const Context &context) : part(given) {
        pthread_attr_t attributes;
        if (pthread_attr_init(&attributes) != 0) return;
        if (context.stack_size != 0) pthread_attr_setstacksize(&attributes, context.stack_size);
        running = pthread_create(&thread, &attributes, run, this) == 0;
        pthread_attr_destroy(&attributes);
    }
    // Where the caller's part has raised, or Ctrl-C was pressed, nobody asks for this one any more.
    ~Elsewhere() {
        __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
        if (running) pthread_join(thread, nullptr);
    }
    bool has_begun() const { return running; }
    // Waits for the part's end with an ear for Ctrl-C, and raises what it raised.
    void join(Context &context) {
        for (;;) {
            timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += 20'000'000;
            if (until.tv_nsec >= 1'000'000'000) until.tv_nsec -= 1'000'000'000, ++until.tv_sec;
            if (pthread_timedjoin_np(thread, nullptr, &until) == 0) break;
            poll(context);
        }
        running = false;
        if (error) std::rethrow_exception(error);
    }
};

// A thread that a program may have, as long as this lives.
template <int THREADS>
struct Place {
    const bool mine = threads_taken.fetch_add(1) < THREADS - 1;
    Place() {
        if (!mine) threads_taken.fetch_sub(1);
    }
    ~Place() {
        if (mine) threads_taken.fetch_sub(1);
    }
};

template <class First, class Second>
void measured(Context &context, Usual &usual, First &first, Second &second) {
    const std::int64_t begun = nanoseconds();
    first(context);
    const std::int64_t between = nanoseconds();
    second(context);
    usual.note(between - begun, nanoseconds() - between);
}

// Runs both parts, the second one in another thread where both took long when they ran last. What the first part
// raises counts; what the second raises does where the first has ended well.
template <int THREADS, class First, class Second>
void both(Context &context, Usual (&usual)[DEEP], std::int64_t depth, First &&first, Second &&second) {
    if (depth >= DEEP || usual[depth].unmeasured.load(std::memory_order_relaxed) > 0) {
        if (depth < DEEP) usual[depth].unmeasured.fetch_sub(1, std::memory_order_relaxed);
        first(context);
        second(context);
        return;
    }
    Usual &own = usual[depth];
    if (own.shorter.load(std::memory_order_relaxed) < WORTH) return measured(context, own, first, second);
    const Place<THREADS> place;
    if (!place.mine) return measured(context, own, first, second);
    Elsewhere<Second> elsewhere(second, context);
    if (!elsewhere.has_begun()) return measured(context, own, first, second);
    const std::int64_t begun = nanoseconds();
    first(context);
    const std::int64_t took = nanoseconds() - begun;
    elsewhere.join(context);
    own.note(took, elsewhere.took);
}

}  // namespace lantern
