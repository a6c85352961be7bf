#include "potentials.h"
#include "variants.h"

#include <math.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Gated layers a tile of rows at a time: the tile's sums, products, gates and messages stay in the first- and second-level cache, and
// what the way back asks for is all that is written out. A row's bits do not depend on the tile it is in.

// Vectors wider than the processor's are passed between functions of this file only, all of which are inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define HALF 64
#define FULL 128
#define AT(p, k) (*(wide *)((p) + 16 * (k)))

typedef float wide __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t whole __attribute__((vector_size(64), aligned(4), may_alias));

// A multiple of the rows that a product takes at once.
#define TILE 48

typedef struct {
  size_t rows, x_width;
  const float *x, *x_weight, *parts, *c, *second, *second_back, *gate, *weight, *u;
  const int32_t *ia, *ib, *ic, *iu, *iv, *to;
  float *sum, *slope, *normal, *inverse, *dx, *dparts, *dc, *du;
  int thrifty;
} gated;


// A row of vectors for AVX-512, for AVX2 and for anything.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#define NAME(F) F##_avx512
#define SIGMOIDS 1
#include "gated_rows.h"
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(F) F##_avx2
#define SIGMOIDS 0
#include "gated_rows.h"
#pragma clang attribute pop
#endif
#define NAME(F) F##_plain
#define SIGMOIDS 0
#include "gated_rows.h"

void frieze_gated_forward(int flags, size_t rows, const float *x, size_t x_width, const float *x_weight, const float *parts,
                          const int32_t *ia, const int32_t *ib, const float *c, const int32_t *ic, const float *second,
                          const float *gate, const float *weight, const float *u, const int32_t *iu, const int32_t *iv,
                          const int32_t *to, float *sum, float *slope, float *normal, float *inverse) {
  int messages = flags & FRIEZE_GATED_MESSAGES;
  gated g = {
      .rows = rows, .x_width = x_width, .x = flags & FRIEZE_GATED_RESIDUAL ? sum : x, .x_weight = x_weight, .parts = parts, .c = c, .ia = ia, .ib = ib, .ic = ic,
      .second = flags & FRIEZE_GATED_SECOND ? second : 0, .gate = gate, .weight = weight, .u = messages ? u : 0, .iu = iu,
      .iv = flags & FRIEZE_GATED_PAIRS ? iv : 0, .to = to, .sum = sum, .slope = slope, .normal = normal, .inverse = inverse,
      .thrifty = flags & FRIEZE_GATED_THRIFTY,
  };
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return forward_avx512(&g);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return forward_avx2(&g);
#endif
  forward_plain(&g);
}

void frieze_gated_backward(int flags, size_t rows, float *dx, size_t x_width, const float *x_weight, float *dparts,
                           const int32_t *ia, const int32_t *ib, float *dc, const int32_t *ic, const float *second,
                           const float *second_back, const float *gate, const float *weight, const float *u, float *du,
                           const int32_t *iu, const int32_t *iv, const int32_t *to, const float *dsum, const float *slope,
                           const float *normal, const float *inverse) {
  int messages = flags & FRIEZE_GATED_MESSAGES;
  // What the way there writes, the way back only reads.
  gated g = {
      .rows = rows, .x_width = x_width, .x_weight = x_weight, .dx = dx, .dparts = flags & FRIEZE_GATED_LAST ? 0 : dparts,
      .dc = dc, .ia = ia, .ib = ib, .ic = ic, .second = flags & FRIEZE_GATED_SECOND ? second : 0, .second_back = second_back,
      .gate = gate, .weight = weight, .u = messages ? u : 0, .du = du, .iu = iu, .iv = flags & FRIEZE_GATED_PAIRS ? iv : 0,
      .to = to, .sum = flags & FRIEZE_GATED_RESIDUAL ? dx : (float *)dsum, .slope = (float *)slope, .normal = (float *)normal,
      .inverse = (float *)inverse, .thrifty = flags & FRIEZE_GATED_THRIFTY,
  };
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return backward_avx512(&g);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return backward_avx2(&g);
#endif
  backward_plain(&g);
}
