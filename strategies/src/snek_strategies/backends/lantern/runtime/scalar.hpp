// Arithmetic as Python and NumPy mean it, one number at a time; the compiler makes vectors of it in loops.
#pragma once

#include <type_traits>

#include "lantern.hpp"

#if defined(__GLIBC__) && defined(__x86_64__) && !defined(__clang__) && !defined(LANTERN_SCALAR_MATH)
// glibc has vector forms of these, right to 4 units in the last place.
#define LANTERN_SIMD noexcept __attribute__((simd("notinbranch")))
extern "C" {
double exp(double) LANTERN_SIMD;
float expf(float) LANTERN_SIMD;
double log(double) LANTERN_SIMD;
float logf(float) LANTERN_SIMD;
// By names that the compiler does not know: it would make one call of a sine and a cosine, which has no vector form.
double lantern_sin(double) noexcept __asm__("sin") __attribute__((const, simd("notinbranch")));
float lantern_sinf(float) noexcept __asm__("sinf") __attribute__((const, simd("notinbranch")));
double lantern_cos(double) noexcept __asm__("cos") __attribute__((const, simd("notinbranch")));
float lantern_cosf(float) noexcept __asm__("cosf") __attribute__((const, simd("notinbranch")));
#define LANTERN_OWN_SINES
#if __GLIBC__ > 2 || __GLIBC_MINOR__ >= 35
double tanh(double) LANTERN_SIMD;
float tanhf(float) LANTERN_SIMD;
double log1p(double) LANTERN_SIMD;
float log1pf(float) LANTERN_SIMD;
double expm1(double) LANTERN_SIMD;
float expm1f(float) LANTERN_SIMD;
#endif
}
#undef LANTERN_SIMD
#endif

namespace lantern {

#define LANTERN_BOTH(name)                          \
    inline double name(double x) { return ::name(x); } \
    inline float name(float x) { return ::name##f(x); }
LANTERN_BOTH(exp)
LANTERN_BOTH(exp2)
LANTERN_BOTH(expm1)
LANTERN_BOTH(log)
LANTERN_BOTH(log2)
LANTERN_BOTH(log10)
LANTERN_BOTH(log1p)
LANTERN_BOTH(sqrt)
LANTERN_BOTH(cbrt)
#if defined(LANTERN_OWN_SINES)
inline double sin(double x) { return ::lantern_sin(x); }
inline float sin(float x) { return ::lantern_sinf(x); }
inline double cos(double x) { return ::lantern_cos(x); }
inline float cos(float x) { return ::lantern_cosf(x); }
#else
LANTERN_BOTH(sin)
LANTERN_BOTH(cos)
#endif
LANTERN_BOTH(tan)
LANTERN_BOTH(asin)
LANTERN_BOTH(acos)
LANTERN_BOTH(atan)
LANTERN_BOTH(sinh)
LANTERN_BOTH(cosh)
LANTERN_BOTH(tanh)
LANTERN_BOTH(asinh)
LANTERN_BOTH(acosh)
LANTERN_BOTH(atanh)
LANTERN_BOTH(floor)
LANTERN_BOTH(ceil)
LANTERN_BOTH(trunc)
LANTERN_BOTH(rint)
#undef LANTERN_BOTH

// Whole numbers of Python's that leave 64 bits are an error, number `site`.
inline std::int64_t add(std::int64_t a, std::int64_t b, std::int64_t site) {
    std::int64_t made;
    if (__builtin_expect(__builtin_add_overflow(a, b, &made), 0)) raise(site, a, b);
    return made;
}
inline std::int64_t subtract(std::int64_t a, std::int64_t b, std::int64_t site) {
    std::int64_t made;
    if (__builtin_expect(__builtin_sub_overflow(a, b, &made), 0)) raise(site, a, b);
    return made;
}
inline std::int64_t multiply(std::int64_t a, std::int64_t b, std::int64_t site) {
    std::int64_t made;
    if (__builtin_expect(__builtin_mul_overflow(a, b, &made), 0)) raise(site, a, b);
    return made;
}
inline std::int64_t negative(std::int64_t a, std::int64_t site) {
    if (__builtin_expect(a == INT64_MIN, 0)) raise(site, a);
    return -a;
}
inline std::int64_t absolute(std::int64_t a, std::int64_t site) { return a < 0 ? negative(a, site) : a; }

template <class T>
inline T remainder(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
        T rest = std::fmod(a, b);
        if (b == 0) return rest;
        if (rest != 0) {
            if ((b < 0) != (rest < 0)) rest += b;
        } else {
            rest = std::copysign(T(0), b);
        }
        return rest;
    } else {
        if (b == 0) return 0;
        if constexpr (std::is_signed_v<T>) {
            if (b == T(-1)) return 0;
            const T rest = T(a % b);
            return T(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
        }
        return T(a % b);
    }
}

template <class T>
inline T floor_divide(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
        if (b == 0) return a / b;
        T rest = std::fmod(a, b);
        T whole = (a - rest) / b;
        if (rest != 0 && (b < 0) != (rest < 0)) whole -= T(1);
        if (whole == 0) return std::copysign(T(0), a / b);
        const T below = std::floor(whole);
        return whole - below > T(0.5) ? below + T(1) : below;
    } else {
        if (b == 0) return 0;
        if constexpr (std::is_signed_v<T>) {
            if (b == T(-1)) return T(-a);
            const T whole = T(a / b);
            return T(whole * b != a && (a < 0) != (b < 0) ? whole - 1 : whole);
        }
        return T(a / b);
    }
}

template <class T>
inline T fmod(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
        return std::fmod(a, b);
    } else {
        if (b == 0) return 0;
        if constexpr (std::is_signed_v<T>) {
            if (b == T(-1)) return 0;
        }
        return T(a % b);
    }
}

template <class T>
inline T power(T base, T exponent) {
    if constexpr (std::is_floating_point_v<T>) {
        return std::pow(base, exponent);
    } else {
        T made = 1;
        for (; exponent > 0; exponent = T(exponent >> 1)) {
            if (exponent & 1) made = T(made * base);
            base = T(base * base);
        }
        return made;
    }
}

template <class T>
inline T left_shift(T a, T b) {
    return std::make_unsigned_t<T>(b) < sizeof(T) * 8 ? T(std::make_unsigned_t<T>(a) << b) : T(0);
}
template <class T>
inline T right_shift(T a, T b) {
    return std::make_unsigned_t<T>(b) < sizeof(T) * 8 ? T(a >> b) : T(a < 0 ? -1 : 0);
}

// The first NaN wins.
template <class T>
inline T maximum(T a, T b) {
    return (a >= b || a != a) ? a : b;
}
template <class T>
inline T minimum(T a, T b) {
    return (a <= b || a != a) ? a : b;
}
template <class T>
inline T fmax(T a, T b) {
    return (a >= b || b != b) ? a : b;
}
template <class T>
inline T fmin(T a, T b) {
    return (a <= b || b != b) ? a : b;
}
template <class T>
inline T sign(T a) {
    if constexpr (std::is_floating_point_v<T>) {
        return a > 0 ? T(1) : a < 0 ? T(-1) : a == 0 ? T(0) : a;
    } else {
        return T((a > 0) - (a < 0));
    }
}
template <class T>
inline T absolute(T a) {
    if constexpr (std::is_floating_point_v<T>) {
        return std::fabs(a);
    } else {
        return T(a < 0 ? -a : a);
    }
}
template <class T>
inline bool isnan(T a) {
    return a != a;
}
template <class T>
inline bool isinf(T a) {
    if constexpr (std::is_floating_point_v<T>) return std::isinf(a);
    return false;
}
template <class T>
inline bool isfinite(T a) {
    if constexpr (std::is_floating_point_v<T>) return std::isfinite(a);
    return true;
}
template <class T>
inline bool signbit(T a) {
    if constexpr (std::is_floating_point_v<T>) return std::signbit(a);
    return a < 0;
}
template <class T>
inline T logaddexp(T a, T b) {
    if (a == b) return a + T(0.693147180559945309417232121458176568);
    const T off = a - b;
    return off > 0 ? a + std::log1p(std::exp(-off)) : off <= 0 ? b + std::log1p(std::exp(off)) : off;
}
template <class T>
inline T logaddexp2(T a, T b) {
    if (a == b) return a + T(1);
    const T off = a - b, scale = T(1.442695040888963407359924681001892137);
    if (off > 0) return a + scale * std::log1p(std::exp2(-off));
    return off <= 0 ? b + scale * std::log1p(std::exp2(off)) : off;
}
template <class T>
inline T square(T a) {
    return T(a * a);
}
inline double radians(double a) { return a * (3.141592653589793238462643 / 180.0); }
inline double degrees(double a) { return a * (180.0 / 3.141592653589793238462643); }
// Whole numbers of different signedness, by their values.
template <class A, class B>
inline bool less(A a, B b) {
    if constexpr (std::is_signed_v<A> == std::is_signed_v<B>) return a < b;
    else if constexpr (std::is_signed_v<A>) return a < 0 || std::make_unsigned_t<A>(a) < b;
    else return b >= 0 && a < std::make_unsigned_t<B>(b);
}
template <class A, class B>
inline bool greater(A a, B b) { return less(b, a); }
template <class A, class B>
inline bool less_equal(A a, B b) { return !less(b, a); }
template <class A, class B>
inline bool greater_equal(A a, B b) { return !less(a, b); }
template <class A, class B>
inline bool equal(A a, B b) { return !less(a, b) && !less(b, a); }
template <class A, class B>
inline bool not_equal(A a, B b) { return !equal(a, b); }
template <class T>
inline T reciprocal(T a) {
    if constexpr (std::is_integral_v<T>) {
        return a == 0 ? 0 : T(T(1) / a);
    } else {
        return T(1) / a;
    }
}

// The first NaN of a row is greater and less than anything, as NumPy has it.
template <class T>
inline bool above(T a, T best) {
    return best == best && !(a <= best);
}
template <class T>
inline bool below(T a, T best) {
    return best == best && !(a >= best);
}
// One of two numbers that are both computed, without a branch.
template <class T>
inline T choose(bool test, T a, T b) {
    std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t> left, right;
    std::memcpy(&left, &a, sizeof a);
    std::memcpy(&right, &b, sizeof b);
    left = right ^ ((left ^ right) & -decltype(left)(test));
    std::memcpy(&a, &left, sizeof a);
    return a;
}

// Floats as integers of the same order, NaN above or below all of them; and back.
template <bool HIGH>
inline std::int32_t rank(float a) {
    std::int32_t bits;
    std::memcpy(&bits, &a, sizeof bits);
    bits ^= (bits >> 31) & INT32_MAX;
    return a != a ? (HIGH ? INT32_MAX : INT32_MIN) : bits;
}
template <bool HIGH>
inline std::int64_t rank(double a) {
    std::int64_t bits;
    std::memcpy(&bits, &a, sizeof bits);
    bits ^= (bits >> 63) & INT64_MAX;
    return a != a ? (HIGH ? INT64_MAX : INT64_MIN) : bits;
}
inline float of_rank(std::int32_t bits) {
    bits ^= (bits >> 31) & INT32_MAX;
    float made;
    std::memcpy(&made, &bits, sizeof made);
    return made;
}
inline double of_rank(std::int64_t bits) {
    bits ^= (bits >> 63) & INT64_MAX;
    double made;
    std::memcpy(&made, &bits, sizeof made);
    return made;
}
template <class T>
inline T max_of(T a, T b) {
    return a < b ? b : a;
}
template <class T>
inline T min_of(T a, T b) {
    return b < a ? b : a;
}

}  // namespace lantern
