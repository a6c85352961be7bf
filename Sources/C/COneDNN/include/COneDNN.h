#ifndef FRIEZE_ONEDNN_H
#define FRIEZE_ONEDNN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Products by oneDNN 2 or 3, in bfloat16 with float32 sums or in float32. The library is opened at run time and its headers are
// not needed: where it is missing, everything else works. All matrices are row-major; strides count elements.

/// NULL where the library is there; else what is missing, in words.
const char *frieze_onednn_missing(void);

/// NULL where bfloat16 products can be done; else the reason, in words.
const char *frieze_bfloat16_missing(void);

/// Version of the library that runs, "2.6.3"; NULL where there is none.
const char *frieze_onednn_version(void);

/// Rounds to nearest, ties to even.
void frieze_round_bfloat16(const float *x, uint16_t *out, size_t count);

/// One factor of a product: float32 rows, which are rounded on the way, or bfloat16 rows where `rounded` is given. Those lie
/// without gaps and have FRIEZE_PADDING rows of zeros behind them.
typedef struct {
  const float *values;
  const uint16_t *rounded;
  size_t stride;
} frieze_rows;

#define FRIEZE_PADDING 64

/// y = x w, or y += x w. x (rows, inner); w (inner, columns) bfloat16, or (columns, inner) where transposed; y (rows, columns)
/// float32. Returns 0, or oneDNN's status.
int frieze_bfloat16_product(frieze_rows x, const uint16_t *w, size_t w_stride, int transposed, float *y, size_t y_stride,
                            size_t rows, size_t inner, size_t columns, int accumulate);

/// dw += x^T g. x (rows, inputs), g (rows, outputs), dw (inputs, outputs) float32.
int frieze_bfloat16_gradient(frieze_rows x, const float *g, size_t g_stride, float *dw, size_t rows, size_t inputs,
                             size_t outputs);

/// Weights (inner, columns), copied once into the order that oneDNN likes best: for products with weights that stay as they are.
typedef struct frieze_packed frieze_packed;

/// Packs bfloat16 weights where `rounded` is given, float32 ones else. NULL where oneDNN is missing or has no fast kernel.
frieze_packed *frieze_pack(const float *values, const uint16_t *rounded, size_t inner, size_t columns);
void frieze_packed_free(frieze_packed *packed);

/// y = x w, or y += x w; x as the weights are (float32 rows are rounded for bfloat16 weights). Returns 0, or oneDNN's status.
int frieze_packed_product(frieze_rows x, const frieze_packed *w, float *y, size_t y_stride, size_t rows, int accumulate);

#ifdef __cplusplus
}
#endif
#endif
