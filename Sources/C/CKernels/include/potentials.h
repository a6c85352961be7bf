#pragma once
#include <stddef.h>
#include <stdint.h>

// Loops of the graph-network potentials. A row is 128 wide, the core of a gated layer in columns 0...63 and its gate in 64...127,
// or 64 wide. Arrays are row-major; callers check shapes and indices. No function allocates.

#ifdef __cplusplus
extern "C" {
#endif

/// pre[r] = (add ? pre[r] : 0) + a[ia[r]] + b[ib[r]] + c[ic[r]], 128 columns of rows that are sa, sb, sc wide; c may be null.
/// Where act is not null, act = silu(pre).
void frieze_gather(float *pre, float *act, const float *a, const int32_t *ia, size_t sa, const float *b, const int32_t *ib,
                   size_t sb, const float *c, const int32_t *ic, size_t sc, size_t rows, int add);

/// The transpose: target[index[r]] += g[r], 128 columns of rows that are `stride` wide.
void frieze_scatter(const float *g, float *target, const int32_t *index, size_t stride, size_t rows);

/// y (rows, 128) += bias, each half normalised in place to mean 0 and variance 1 (epsilon 1e-5), 1 / deviation in inverse
/// (rows, 2); out (rows, 64) = silu(scale y + shift of the core) sigmoid(scale y + shift of the gate).
void frieze_gate(float *y, const float *bias, const float *scale, const float *shift, float *inverse, float *out, size_t rows);

/// dy (rows, 128) from dout (rows, 64) and what frieze_gate left in y and inverse.
void frieze_gate_backward(const float *y, const float *scale, const float *shift, const float *inverse, const float *dout,
                          float *dy, size_t rows);

/// sum[to[r]] += weight[r] out[r] u[iu[r]] v[iv[r]], 64 columns; rows of u are su wide, v (64 wide) may be null.
void frieze_message(const float *out, const float *weight, const float *u, const int32_t *iu, size_t su, const float *v,
                    const int32_t *iv, float *sum, const int32_t *to, size_t rows);

/// The transpose: dout[r] is written, du[iu[r]] and dv[iv[r]] are added to.
void frieze_message_backward(const float *out, const float *weight, const float *u, const int32_t *iu, size_t su,
                             const float *v, const int32_t *iv, const float *dsum, const int32_t *to, float *dout, float *du,
                             size_t sdu, float *dv, size_t rows);

/// Bessel functions sqrt(2/c) sin(f r / c) / r with a polynomial cut-off of order p, and their derivatives by r; the columns
/// behind the last frequency, up to 32, are zero.
void frieze_radial_basis(const double *r, size_t rows, const float *frequency, size_t frequencies, double cutoff, double p,
                         float *value, float *slope);

/// [1/sqrt 2, sin(f t)..., cos(f t)...] / sqrt(pi) and the derivatives by t; 2 frequencies + 1 columns, then zeros up to 32.
void frieze_angular_basis(const double *t, size_t rows, const float *frequency, size_t frequencies, float *value,
                          float *slope);

/// out (rows, columns) = a (rows, inner) b (inner, columns), or added to out; columns a multiple of 32. The bits of a row do not
/// depend on the number of rows.
void frieze_row_product(const float *a, size_t lda, const float *b, float *out, size_t ldo, size_t rows, size_t inner,
                        size_t columns, int add);

#ifdef __cplusplus
}
#endif
