#define _GNU_SOURCE
#include "CKernels.h"
#include "variants.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>

uint64_t frieze_flush_denormals(void) {
  unsigned state = _mm_getcsr();
  _mm_setcsr(state | 0x8040u);  // FTZ: results; DAZ: operands
  return state;
}

void frieze_restore_denormals(uint64_t state) { _mm_setcsr((unsigned)state); }

#elif defined(__aarch64__)

uint64_t frieze_flush_denormals(void) {
  uint64_t state;
  __asm__ volatile("mrs %0, fpcr" : "=r"(state));
  __asm__ volatile("msr fpcr, %0" ::"r"(state | 1ull << 24));
  return state;
}

void frieze_restore_denormals(uint64_t state) { __asm__ volatile("msr fpcr, %0" ::"r"(state)); }

#else

uint64_t frieze_flush_denormals(void) { return 0; }
void frieze_restore_denormals(uint64_t state) { (void)state; }

#endif

void frieze_keep_memory(void) {
#if defined(__GLIBC__)
  const uintptr_t large = (uintptr_t)2 << 20, size = (uintptr_t)256 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that glibc takes
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
  // The first part of the heap in large pages, where the system gives them to those who ask: a page fault for 2 MB, not for 4 kB.
  mallopt(M_TOP_PAD, (int)size);
  free(malloc(1 << 20));
  mallopt(M_TOP_PAD, 4 << 20);
  const uintptr_t end = (uintptr_t)sbrk(0);
  if (end > size) madvise((void *)((end - size + large - 1) / large * large), size - large, MADV_HUGEPAGE);
#endif
}

int frieze_vector_bits(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("avx512vl"))
    return 512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 256;
#endif
  return 128;
}

EVERYWHERE float frieze_multiply_add(float a, float b, float c) { return a * b + c; }

// Twelve independent chains keep two units of four cycles' latency busy; the compiler can't drop what `asm` may read.
#define CHAINS(NAME, TARGET, BYTES)                                                                                       \
  __attribute__((target(TARGET))) static float NAME(size_t rounds) {                                                      \
    typedef float vector __attribute__((vector_size(BYTES)));                                                             \
    vector sum[12], x, y;                                                                                                 \
    for (size_t l = 0; l < BYTES / 4; ++l) x[l] = 0.999f, y[l] = 0.001f;                                                  \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 12; ++i) sum[i] = x * (float)(i + 1);                          \
    for (size_t r = 0; r < rounds; ++r) {                                                                                 \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < 12; ++i) sum[i] = sum[i] * x + y;                            \
      __asm__ volatile("" ::: "memory");                                                                                  \
    }                                                                                                                     \
    float total = 0;                                                                                                      \
    for (int i = 0; i < 12; ++i) total += sum[i][0];                                                                      \
    return total;                                                                                                         \
  }
#if defined(__x86_64__)
#define BASE "sse2"
CHAINS(chains_512, "avx512f", 64)
CHAINS(chains_256, "avx2,fma", 32)
#else
#define BASE "arch=armv8-a"
#endif
CHAINS(chains_128, BASE, 16)

float frieze_multiply_add_chains(size_t rounds) {
#if defined(__x86_64__)
  if (frieze_vector_bits() == 512) return chains_512(rounds);
  if (frieze_vector_bits() == 256) return chains_256(rounds);
#endif
  return chains_128(rounds);
}

double frieze_read_memory(const float *x, size_t count) {
  float lanes[64] = {0};
  size_t i = 0;
  for (; i + 64 <= count; i += 64)
    for (size_t l = 0; l < 64; ++l) lanes[l] += x[i + l];
  double total = 0;
  for (size_t l = 0; l < 64; ++l) total += lanes[l];
  return total;
}
