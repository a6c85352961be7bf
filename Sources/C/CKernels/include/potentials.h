#pragma once
#include <stddef.h>
#include <stdint.h>

// Loops of the graph-network potentials. A row is 128 wide, the core of a gated layer in columns 0...63 and its gate in 64...127,
// or 64 wide. Arrays are row-major; callers check shapes and indices. No function allocates.

#ifdef __cplusplus
extern "C" {
#endif

/// target[index[r]] += g[r], and out[r] = a[index[r]]; rows of `columns`.
void frieze_scatter(const float *g, float *target, const int32_t *index, size_t columns, size_t rows);
void frieze_pick(const float *a, float *out, const int32_t *index, size_t columns, size_t rows);

/// out[r] = the scalar product of rows of 32, in double.
void frieze_row_dots(const float *a, const float *b, double *out, size_t rows);

/// What a gated layer has and does.
enum {
  /// Two layers before the gate, of which the first ends in silu; else one.
  FRIEZE_GATED_SECOND = 1,
  /// Outputs are weighed and summed: sum[to[r]] += weight[r] out[r] u[iu[r]]; else sum[r] += out[r].
  FRIEZE_GATED_MESSAGES = 2,
  /// Messages have u[iv[r]] as one more factor.
  FRIEZE_GATED_PAIRS = 4,
  /// Layers of two keep the sums before silu only, and the way back computes the rest again.
  FRIEZE_GATED_THRIFTY = 8,
  /// Outputs are added to x itself, 64 wide, which is passed as sum (dx, on the way back).
  FRIEZE_GATED_RESIDUAL = 16,
  /// On the way back, nothing asks for the gradient by parts.
  FRIEZE_GATED_LAST = 32,
};

/// A gated layer on rows of edges or angles:
///
///     pre = x x_weight + parts[ia][0...127] + parts[ib][128...255] + c[ic]
///     y = normalised(silu(pre) second + bias),  out = silu(scale y + shift of the core) sigmoid(scale y + shift of the gate)
///
/// x (rows, x_width) may have no columns; x_weight (x_width, 128); parts are 256 wide, c is 128 wide, u and sum are 64 wide;
/// second (2, 64, 64) for core and gate; gate is bias, scale and shift of 128. For the way back: slope (rows, 128) of silu (pre
/// itself where thrifty), normal (rows, 128), inverse (rows, 2). Bits of a row do not depend on the other rows.
void frieze_gated_forward(int flags, size_t rows, const float *x, size_t x_width, const float *x_weight, const float *parts,
                          const int32_t *ia, const int32_t *ib, const float *c, const int32_t *ic, const float *second,
                          const float *gate, const float *weight, const float *u, const int32_t *iu, const int32_t *iv,
                          const int32_t *to, float *sum, float *slope, float *normal, float *inverse);

/// The transpose: adds to dx, dparts, dc and du from dsum. x_weight is (128, x_width) and second_back (2, 64, 64), transposed.
void frieze_gated_backward(int flags, size_t rows, float *dx, size_t x_width, const float *x_weight, float *dparts,
                           const int32_t *ia, const int32_t *ib, float *dc, const int32_t *ic, const float *second,
                           const float *second_back, const float *gate, const float *weight, const float *u, float *du,
                           const int32_t *iu, const int32_t *iv, const int32_t *to, const float *dsum, const float *slope,
                           const float *normal, const float *inverse);

/// Bessel functions sqrt(2/c) sin(f r / c) / r with a polynomial cut-off of order p, and their derivatives by r; the columns
/// behind the last frequency, up to 32, are zero.
void frieze_radial_basis(const double *r, size_t rows, const float *frequency, size_t frequencies, double cutoff, double p,
                         float *value, float *slope);

/// [1/sqrt 2, sin(f t)..., cos(f t)...] / sqrt(pi) and the derivatives by t; 2 frequencies + 1 columns, then zeros up to 32.
void frieze_angular_basis(const double *t, size_t rows, const float *frequency, size_t frequencies, float *value,
                          float *slope);

/// out (rows, columns) = a (rows, inner) b (inner, columns), or added to out; columns a multiple of 16. The bits of a row do not
/// depend on the number of rows.
void frieze_row_product(const float *a, size_t lda, const float *b, float *out, size_t ldo, size_t rows, size_t inner,
                        size_t columns, int add);

#ifdef __cplusplus
}
#endif
