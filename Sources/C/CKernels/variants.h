#pragma once
// One loop, compiled for several vector widths; the loader takes the widest that the processor has. Private to this module.
//
// Levels, not models: "arch=haswell" would be taken by that one processor alone, and every other one without AVX-512 would be left with
// SSE2.

#if defined(__x86_64__)
#define EVERYWHERE __attribute__((target_clones("avx512f", "arch=x86-64-v3", "default")))
#else
#define EVERYWHERE
#endif
#define INLINE static inline __attribute__((always_inline))
