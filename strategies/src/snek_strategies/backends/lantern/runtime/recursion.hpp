// Recursions whose nodes are found first and computed by height, and the products of all nodes of one height.
#pragma once

#include "lantern.hpp"
#include "products.hpp"
#include "tape.hpp"

namespace lantern {

// Memory for all nodes of a recursion; of more than these bytes, recursion itself needs less.
constexpr std::size_t MOST_AT_ONCE = 64 << 20;

template <class T>
class Room {
    std::size_t bytes = 0;

   public:
    T *data = nullptr;
    Room() = default;
    explicit Room(std::size_t count, std::size_t size = 1) { get(count, size); }
    // Takes memory for `count` times `size` elements.
    void get(std::size_t count, std::size_t size) {
        if (count > MOST_AT_ONCE / sizeof(T) / size) throw std::bad_alloc();
        bytes = sizeof(T) * count * size;
        data = reinterpret_cast<T *>(spare.take(bytes));
        if (data == nullptr) data = static_cast<T *>(std::malloc(bytes));
        if (data == nullptr) throw std::bad_alloc();
    }
    ~Room() {
        if (data != nullptr) spare.put(reinterpret_cast<char *>(data), bytes);
    }
    Room(const Room &) = delete;
};

// The calls that a function makes of itself, in the order in which they were found: a node stands before its children.
template <class Node>
class Nodes {
    std::size_t size = 256;
    Room<Node> *room = new Room<Node>(size);

   public:
    std::int64_t count = 0;
    Nodes() = default;
    ~Nodes() { delete room; }
    Nodes(const Nodes &) = delete;
    Node &operator[](std::int64_t at) { return room->data[at]; }
    std::int64_t add(const Node &node) {
        if (std::size_t(count) == size) {
            auto *larger = new Room<Node>(size * 2);
            std::memcpy(larger->data, room->data, sizeof(Node) * size);
            delete std::exchange(room, larger);
            size *= 2;
        }
        room->data[count] = node;
        return count++;
    }
};

// The nodes in an order that has children before their parents: by height, and of one height by way.
template <class Node, int WAYS>
struct ByHeight {
    std::int64_t groups = 0, totals[WAYS] = {};  // nodes of each way
    Room<std::int64_t> order, begins;
    Room<std::int64_t> ranks;  // how many nodes of its way there are before a group
    void sort(Nodes<Node> &nodes, const std::int64_t (&children)[WAYS]) {
        order.get(nodes.count, 1);
        begins.get(WAYS * (nodes.count + 1) + 1, 1);
        for (std::int64_t at = nodes.count - 1; at >= 0; --at) {
            Node &node = nodes[at];
            std::int64_t height = 0;
            for (std::int64_t child = 0; child < children[node.way]; ++child) {
                const std::int64_t below = nodes[node.children[child]].group / WAYS;
                height = height > below ? height : below + 1;
            }
            node.group = height * WAYS + node.way;
            groups = groups > node.group ? groups : node.group + 1;
        }
        std::memset(begins.data, 0, sizeof(std::int64_t) * std::size_t(groups + 1));
        for (std::int64_t at = 0; at < nodes.count; ++at) ++begins.data[nodes[at].group + 1];
        for (std::int64_t group = 0; group < groups; ++group) begins.data[group + 1] += begins.data[group];
        for (std::int64_t at = nodes.count - 1; at >= 0; --at) order.data[--begins.data[nodes[at].group + 1]] = at;
        // What ends a group has become its beginning, one place further on.
        for (std::int64_t group = 0; group < groups; ++group) begins.data[group] = begins.data[group + 1];
        begins.data[groups] = nodes.count;
        ranks.get(groups, 1);
        for (std::int64_t group = 0; group < groups; ++group) {
            ranks.data[group] = totals[group % WAYS];
            totals[group % WAYS] += begins.data[group + 1] - begins.data[group];
        }
    }
};

// The nodes of a recursion, and one piece of memory for all that they make.
template <class Node, int WAYS>
struct Computed : Kept {
    Nodes<Node> nodes;
    ByHeight<Node, WAYS> found;
    Room<char> memory;
    std::int64_t roots = 0;  // the first nodes, whose answers were asked for
};

// Room for `count` times `size` elements behind what takes `bytes` already; returns where it begins.
template <class T>
inline std::size_t after(std::size_t &bytes, std::size_t count, std::size_t size) {
    if (count > MOST_AT_ONCE / sizeof(T) / size) throw std::bad_alloc();
    return std::exchange(bytes, (bytes + sizeof(T) * count * size + 63) / 64 * 64);
}

// sums += rows that lie behind each other.
template <class T>
inline void add_rows(int many, std::int64_t size, const T *rows, T *sums) {
    for (int r = 0; r < many; ++r)
        for (std::int64_t i = 0; i < size; ++i) sums[i] += rows[r * size + i];
}

// c (m by N) = a b, for rows whose number the run tells; each sum is taken in the order in which that of one row is.
template <class T, int WIDTH, int ROWS>
inline void some_rows(
    int m, std::int64_t depth, const T *a, const T *b, std::int64_t lead_b, T *c) {
    for (; m >= ROWS; m -= ROWS, a += ROWS * depth, c += ROWS * lead_b)
        tile<T, ROWS, WIDTH>(depth, a, depth, 1, b, lead_b, c, lead_b);
    if constexpr (ROWS > 1)
        if (m > 0) some_rows<T, WIDTH, ROWS - 1>(m, depth, a, b, lead_b, c);
}

template <class T, int N, int K>
inline void product_of_all(int m, const T *a, const T *b, T *c) {
    if (m == 1) return product_of_rows<T, 1, N, K, false>(a, K, 1, b, N, c);
    constexpr int LANES = Lanes<T>::COUNT, WANTED = ACCUMULATORS >= 24 ? 4 : 2;
    constexpr int WIDTH = N / LANES < WANTED ? N / LANES : WANTED, ROWS = ACCUMULATORS / WANTED;
    constexpr int COLUMNS = WIDTH * LANES, WHOLE = N / COLUMNS * COLUMNS, LAST = (N - WHOLE + LANES - 1) / LANES;
    for (int from = 0; from < WHOLE; from += COLUMNS) some_rows<T, WIDTH, ROWS>(m, K, a, b + from, N, c + from);
    if constexpr (LAST != 0) some_rows<T, LAST, ROWS>(m, K, a, b + N - LAST * LANES, N, c + N - LAST * LANES);
}

// c (m by N) = a times b (N by K) turned round. Of so few rows, BLAS has kernels that read both factors as they lie: for
// AVX-512, 48 to 117 GFLOP/s where a product that lays b out again makes 50 (150 by 750 and 64 by 320, up to 16 rows).
template <class T, int N, int K>
inline void product_of_all_turned(int m, const T *a, const T *b, T *c) {
    constexpr int FEW = 1200 / N < 1000000 / (N * K) ? 1200 / N : 1000000 / (N * K), ROWS = FEW < 1 ? 1 : FEW;
#if defined(__AVX512F__)
    for (; m > 0; m -= ROWS, a += ROWS * K, c += ROWS * N)
        gemm<T>(m < ROWS ? m : ROWS, N, K, a, K, false, b, K, true, c, N);
#else
    if (m > ROWS) return gemm<T>(m, N, K, a, K, false, b, K, true, c, N);
    for (int i = 0; i < m; ++i) dots<T, N, K>(b, K, a + i * K, c + i * N);
#endif
}

}  // namespace lantern
