#pragma once
#include <stddef.h>
#include <stdint.h>

// Loops of the networks that predict properties: messages with softplus, pooling, neighbours. Callers check shapes.

#ifdef __cplusplus
extern "C" {
#endif

/// x = softplus(x + bias) - ln 2, for (rows, columns).
void frieze_softplus(float *x, const float *bias, size_t rows, size_t columns);

/// x[e] = softplus(x[e] + centers[center[e]] + neighbors[neighbor[e]]) - ln 2; rows of x have `width` floats, those of the others are
/// `stride` floats apart.
void frieze_softplus_edges(float *x, const float *centers, const float *neighbors, size_t stride, const int32_t *center,
                           const int32_t *neighbor, size_t rows, size_t width);

/// out[to[e]] += weight[e] x[e].
void frieze_weighted_scatter(const float *x, const float *weight, const int32_t *to, float *out, size_t rows, size_t width);

/// A row of functions of one variable, tabulated at (k - 1) step for k = 0 ... knots - 1 and interpolated cubically between four
/// points: the first `first` columns of a row of the table go to `a`, the other `width - first` to `b`.
void frieze_cubic_lookup(const float *table, size_t knots, float per_step, const float *x, float *a, size_t first, float *b,
                         size_t width, size_t rows);

/// Set2Set with width 16 over rows that stand for `weight` rows each; see `Set2Set`. `steps` at least 1; out has 32 floats.
void frieze_set2set(const float *rows_of_16, const float *weight, size_t rows, const float *recurrent, const float *bias, size_t steps,
                    float *out);

/// Which of `count` points lie within a distance of a centre: their indices and squared distances, in order; returns how many. Both
/// arrays have room for `count`.
size_t frieze_points_within(const double *x, const double *y, const double *z, size_t count, const double *center, double squared,
                            int32_t *found, double *distances);

#ifdef __cplusplus
}
#endif
