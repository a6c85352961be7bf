#pragma once
#include <stddef.h>
#include <stdint.h>

#include "potentials.h"
#include "predictors.h"

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

/// Edges (i, j) of one crystal with m sites: pre = hi[i] + hj[j] + c +- s (pairs i<j; + for (i,j)), or + self, + own[i, j];
/// act = silu(pre), or rounded to bfloat16 where `rounded` is given. `pre` and `own` may be NULL.
void frieze_edges(const float *hi, const float *hj, const float *c, const float *s, const float *self, const float *own, float *pre,
                  float *act, uint16_t *rounded, size_t m, size_t width);

/// The backward pass of frieze_edges: gradient (m*m rows, of act) becomes that of pre and is spread; outputs are added to but
/// for dc and ds, which are written.
void frieze_edges_backward(const float *pre, float *gradient, float *dhi, float *dhj, float *dc, float *ds, float *dself,
                           size_t m, size_t width);

/// out[i] = mean over the m neighbors j of silu(pre(i, j) + bias), for some centres of one crystal.
void frieze_edge_mean(const float *pre, const float *bias, float *out, size_t centers, size_t m, size_t width, size_t out_stride);

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

/// x = ln(max(x, floor)), floor a normal positive number: relative error below 1e-6 away from 1, absolute near it.
void frieze_logarithm(float *x, float floor, size_t count);

/// Flushes denormals on this thread, operands and results; returns the state before, for `frieze_restore_denormals`.
uint64_t frieze_flush_denormals(void);
void frieze_restore_denormals(uint64_t state);

/// Large arrays come and go with every batch: glibc is to keep their memory and not hand it back to the system each time.
void frieze_keep_memory(void);

/// The widest vectors that processor and system have: 512 (AVX-512 F, BW, DQ, VL), 256 (AVX2, FMA) or 128 bits.
int frieze_vector_bits(void);

/// `a b + c`, compiled as the other loops are: rounded once where the variant that the loader takes has FMA, else twice.
float frieze_multiply_add(float a, float b, float c);

/// 12 x `rounds` multiply-adds of whole vectors of that width, nothing else: what the processor does at most.
float frieze_multiply_add_chains(size_t rounds);

/// Sums `count` floats, a multiple of 64.
double frieze_read_memory(const float *x, size_t count);

/// x = silu(x + bias).
void frieze_silu_in_place(float *x, const float *bias, size_t rows, size_t columns);

/// h += silu(x + bias); rows of h are h_stride floats apart.
void frieze_silu_add(const float *x, const float *bias, float *h, size_t h_stride, size_t rows, size_t columns);

/// Added to the variance of a row.
#define FRIEZE_LEAST_VARIANCE 1e-5f

/// out = normal (1 + gain) + shift, normal = (x - mean of the row) / deviation of the row; rows of x and out are x_stride and
/// out_stride floats apart. `kept` (rows, columns + 1) gets the normal rows and one over the deviation of each; may be NULL.
void frieze_layer_norm(const float *x, size_t x_stride, const float *gain, const float *shift, float *kept, float *out,
                       size_t out_stride, size_t rows, size_t columns);

/// The backward pass: `gradient` (of out, packed) is used up; dgain, dshift and dx are added to; dx may be NULL.
void frieze_layer_norm_backward(const float *kept, const float *gain, float *gradient, float *dgain, float *dshift, float *dx,
                                size_t rows, size_t columns);

/// Sites of one crystal that look at each other: x (sites, 3 columns) are queries, keys and values side by side, `heads` divides columns;
/// weights (sites, sites, heads) get the softmax of the queries' products with the keys, out (sites, columns) the values so weighted.
void frieze_attention(const float *x, size_t sites, size_t columns, size_t heads, float *weights, float *out);

/// The backward pass: gradient (sites, columns) is of out; slopes (sites) are used up; dx (sites, 3 columns) is added to.
void frieze_attention_backward(const float *x, const float *weights, const float *gradient, size_t sites, size_t columns,
                               size_t heads, float *slopes, float *dx);

/// What the messages of one crystal are made of.
typedef struct {
  /// (m, C), rows `stride` floats apart; the lattice's part is in `center`.
  const float *center, *neighbor;
  size_t stride;
  /// (pairs i < j, C) the Fourier parts of (i, j) and of (j, i); (C) that of self edges.
  const float *forward, *backward, *self;
  /// (m * m, features) numbers of every edge, (features, C) their weights, (C) scratch; unused without features.
  const float *edges, *weights;
  float *scratch;
  size_t features;
} frieze_message_inputs;

/// silu(center[i] + neighbor[j] + Fourier part + edges[i, j] weights), for the edges of the centres from ... to - 1 of m, whose rows
/// begin with that of (from, 0); rounded to bfloat16 where `act` is NULL.
void frieze_messages(frieze_message_inputs inputs, float *act, uint16_t *rounded, size_t from, size_t to, size_t m, size_t width);

/// Interpolates linearly in a bfloat16 table (3, intervals + 1, 2 width) of even and odd parts over 0 ... 1/2: forward = even + odd,
/// backward = even - odd.
void frieze_linear_lookup(const uint16_t *table, size_t intervals, const float *difference, float *forward, float *backward,
                          size_t rows, size_t width);

#define FRIEZE_LARGEST_TAPS 16

/// Sums `taps` (odd) rows of a table (3, points, width) around each difference (forward) and its negative (backward), weighted by a
/// kernel tabulated at `steps` + 1 places of the difference, from half a point below the middle tap to half a point above.
void frieze_periodic_lookup(const float *table, const float *kernel, size_t points, size_t taps, size_t steps,
                            const float *difference, float *forward, float *backward, size_t rows, size_t width);

/// Philox 4x32-10 (Salmon et al., SC 2011): `blocks` x 4 words for counters start, start + 1, …
void frieze_philox(uint64_t key, uint64_t stream, uint64_t start, uint32_t *out, size_t blocks);

/// Pairs of independent normal deviates from pairs of words (Box-Muller), `count` even.
void frieze_normal(const uint32_t *words, float *out, size_t count);

#ifdef __cplusplus
}
#endif
