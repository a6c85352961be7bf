#pragma once
#include <stddef.h>
#include <stdint.h>

#include "potentials.h"

// Element-wise loops of the networks. Each is compiled for AVX-512, AVX2 and plain x86-64 and chosen when the program starts.
// Arrays are row-major float; callers check shapes. No function allocates.

#ifdef __cplusplus
extern "C" {
#endif

/// pre += bias a row; out = silu(pre).
void frieze_bias_silu(float *pre, const float *bias, float *out, size_t rows, size_t columns);

/// gradient *= silu'(pre).
void frieze_silu_backward(const float *pre, float *gradient, size_t count);

/// x += bias a row.
void frieze_add_bias(float *x, const float *bias, size_t rows, size_t columns);

/// out += sum of the rows of x.
void frieze_sum_rows(const float *x, float *out, size_t rows, size_t columns);

/// Rows of probabilities from rows of logits, in place, in groups of `classes` columns.
void frieze_softmax(float *x, size_t groups, size_t classes);

/// sin and cos of 2 pi f d for f = 1...frequencies and the 3 components of d:
/// out row = [sin (3 x frequencies) | cos (3 x frequencies)].
void frieze_fourier(const float *difference, float *out, uint16_t *rounded, size_t rows, size_t frequencies);

/// Sums over three axes of an even and an odd function of a periodic difference, interpolated linearly. table (3, intervals + 1,
/// 2 width) bfloat16: the functions at |d| = 0 ... 1/2, even ones first; cosine, sine (rows, width).
void frieze_fourier_lookup(const uint16_t *table, size_t intervals, const float *difference, float *cosine, float *sine,
                           size_t rows, size_t width);

/// Edges (i, j) of one crystal with m sites: pre = hi[i] + hj[j] + c +- s (pairs i<j; + for (i,j)), or + self, + own[i, j];
/// act = silu(pre), or rounded to bfloat16 where `rounded` is given. `pre` and `own` may be NULL.
void frieze_edges(const float *hi, const float *hj, const float *c, const float *s, const float *self, const float *own, float *pre,
                  float *act, uint16_t *rounded, size_t m, size_t width);

/// The backward pass of frieze_edges: gradient (m*m rows, of act) becomes that of pre and is spread; outputs are added to but
/// for dc and ds, which are written.
void frieze_edges_backward(const float *pre, float *gradient, float *dhi, float *dhj, float *dc, float *ds, float *dself,
                           size_t m, size_t width);

/// out[i] = mean over j of silu(pre(i, j) + bias), for one crystal.
void frieze_edge_mean(const float *pre, const float *bias, float *out, size_t m, size_t width, size_t out_stride);

/// gradient(i, j) = dout[i] / m * silu'(pre(i, j) + bias).
void frieze_edge_mean_backward(const float *pre, const float *bias, const float *dout, float *gradient, size_t m,
                               size_t width, size_t dout_stride);

/// One Adam step (Kingma & Ba 2015, algorithm 1) with decoupled weight decay; `correction1/2` are 1 - beta^t.
void frieze_adam(float *parameters, const float *gradient, float *m, float *v, size_t count, float rate, float beta1,
                 float beta2, float correction1, float correction2, float epsilon, float decay, float scale);

/// average += (parameters - average) * (1 - decay).
void frieze_moving_average(float *average, const float *parameters, size_t count, float decay);

/// Sum of squares.
double frieze_squared_norm(const float *x, size_t count);

/// 1 where the processor and the system have AVX-512 (F, BW, DQ, VL).
int frieze_has_avx512(void);

/// Philox 4x32-10 (Salmon et al., SC 2011): `blocks` x 4 words for counters start, start + 1, …
void frieze_philox(uint64_t key, uint64_t stream, uint64_t start, uint32_t *out, size_t blocks);

/// Pairs of independent normal deviates from pairs of words (Box-Muller), `count` even.
void frieze_normal(const uint32_t *words, float *out, size_t count);

#ifdef __cplusplus
}
#endif
