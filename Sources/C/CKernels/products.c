#include "potentials.h"

#include <string.h>

// Products of tall matrices with small ones. Every element of the result is one chain of multiply-adds in the order of the inner
// index, whatever the number of rows: a row's bits do not depend on its neighbours, as those of a general library's product do.

typedef float wide __attribute__((vector_size(64), aligned(4)));

// ROWS rows of a times WIDE * 16 columns of b; the accumulators stay in registers.
#define BLOCK(NAME, TARGET, ROWS, WIDE)                                                                                       \
  __attribute__((target(TARGET))) static inline void NAME(const float *a, size_t lda, const float *b, size_t ldb, float *out, \
                                                          size_t ldo, size_t inner, int add) {                                \
    wide sum[ROWS][WIDE];                                                                                                     \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < ROWS; ++i)                                                         \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < WIDE; ++j) sum[i][j] =                                         \
            add ? *(const wide *)(out + (size_t)i * ldo + 16 * j) : (wide){0};                                                \
    for (size_t k = 0; k < inner; ++k) {                                                                                      \
      wide row[WIDE];                                                                                                         \
      _Pragma("clang loop unroll(full)") for (int j = 0; j < WIDE; ++j) row[j] = *(const wide *)(b + k * ldb + 16 * j);       \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < ROWS; ++i) {                                                     \
        float x = a[(size_t)i * lda + k];                                                                                     \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < WIDE; ++j) sum[i][j] += row[j] * x;                            \
      }                                                                                                                       \
    }                                                                                                                         \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < ROWS; ++i)                                                         \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < WIDE; ++j) *(wide *)(out + (size_t)i * ldo + 16 * j) =         \
            sum[i][j];                                                                                                        \
  }

BLOCK(block_avx512, "avx512f", 6, 4)
BLOCK(row_avx512, "avx512f", 1, 4)
BLOCK(block_avx512_narrow, "avx512f", 6, 2)
BLOCK(row_avx512_narrow, "avx512f", 1, 2)
BLOCK(block_avx512_one, "avx512f", 12, 1)
BLOCK(row_avx512_one, "avx512f", 1, 1)
BLOCK(block_avx2, "avx2,fma", 6, 1)
BLOCK(row_avx2, "avx2,fma", 1, 1)
BLOCK(block_plain, "sse2", 3, 1)
BLOCK(row_plain, "sse2", 1, 1)

#define SWEEP(NAME, TARGET, ROWS, WIDE, BLOCK_NAME, ROW_NAME)                                                                 \
  __attribute__((target(TARGET))) static void NAME(const float *a, size_t lda, const float *b, float *out, size_t ldo,        \
                                                   size_t rows, size_t inner, size_t columns, size_t from, int add) {         \
    for (size_t j = from; j + 16 * WIDE <= columns; j += 16 * WIDE) {                                                         \
      size_t i = 0;                                                                                                           \
      for (; i + ROWS <= rows; i += ROWS) BLOCK_NAME(a + i * lda, lda, b + j, columns, out + i * ldo + j, ldo, inner, add);   \
      for (; i < rows; ++i) ROW_NAME(a + i * lda, lda, b + j, columns, out + i * ldo + j, ldo, inner, add);                   \
    }                                                                                                                         \
  }

SWEEP(sweep_avx512, "avx512f", 6, 4, block_avx512, row_avx512)
SWEEP(sweep_avx512_narrow, "avx512f", 6, 2, block_avx512_narrow, row_avx512_narrow)
SWEEP(sweep_avx512_one, "avx512f", 12, 1, block_avx512_one, row_avx512_one)
SWEEP(sweep_avx2, "avx2,fma", 6, 1, block_avx2, row_avx2)
SWEEP(sweep_plain, "sse2", 3, 1, block_plain, row_plain)

void frieze_row_product(const float *a, size_t lda, const float *b, float *out, size_t ldo, size_t rows, size_t inner,
                        size_t columns, int add) {
  if (__builtin_cpu_supports("avx512f")) {
    size_t whole = columns / 64 * 64, narrow = columns / 32 * 32;
    sweep_avx512(a, lda, b, out, ldo, rows, inner, columns, 0, add);
    if (whole < narrow) sweep_avx512_narrow(a, lda, b, out, ldo, rows, inner, columns, whole, add);
    if (narrow < columns) sweep_avx512_one(a, lda, b, out, ldo, rows, inner, columns, narrow, add);
  } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    sweep_avx2(a, lda, b, out, ldo, rows, inner, columns, 0, add);
  } else {
    sweep_plain(a, lda, b, out, ldo, rows, inner, columns, 0, add);
  }
}
