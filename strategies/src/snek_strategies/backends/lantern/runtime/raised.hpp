// What a program that raised says of it.
#pragma once

#include <cstdint>

namespace lantern {

constexpr std::int64_t WORDS = 16;

// A `raise` of the program: its number, and the numbers that the exception holds.
struct Raised {
    std::int64_t site;
    std::int64_t words[WORDS];
};

}  // namespace lantern
