#include "CKernels.h"
#include "elementary.h"

// Rows less their means, over their deviations. Sums run over 16 partial sums, in the same order on every processor.

#define LANES 16

INLINE float total(const float *restrict part) {
  float sum = 0;
  for (size_t l = 0; l < LANES; ++l) sum += part[l];
  return sum;
}

EVERYWHERE void frieze_layer_norm(const float *restrict x, size_t x_stride, const float *restrict gain, const float *restrict shift,
                                  float *restrict kept, float *restrict out, size_t out_stride, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; ++r) {
    const float *restrict row = x + r * x_stride;
    float *restrict y = out + r * out_stride;
    float part[LANES] = {0}, squares[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= columns; k += LANES)
      for (size_t l = 0; l < LANES; ++l) part[l] += row[k + l];
    for (size_t l = 0; k + l < columns; ++l) part[l] += row[k + l];
    float mean = total(part) / (float)columns;
    for (k = 0; k + LANES <= columns; k += LANES)
      for (size_t l = 0; l < LANES; ++l) squares[l] += (row[k + l] - mean) * (row[k + l] - mean);
    for (size_t l = 0; k + l < columns; ++l) squares[l] += (row[k + l] - mean) * (row[k + l] - mean);
    float scale = 1.0f / __builtin_sqrtf(total(squares) / (float)columns + FRIEZE_LEAST_VARIANCE);
    if (kept) {
      float *restrict normal = kept + r * (columns + 1);
      for (k = 0; k < columns; ++k) normal[k] = (row[k] - mean) * scale;
      normal[columns] = scale;
    }
    for (k = 0; k < columns; ++k) y[k] = (row[k] - mean) * scale * (1.0f + gain[k]) + shift[k];
  }
}

EVERYWHERE void frieze_layer_norm_backward(const float *restrict kept, const float *restrict gain, float *restrict gradient,
                                           float *restrict dgain, float *restrict dshift, float *restrict dx, size_t rows,
                                           size_t columns) {
  for (size_t r = 0; r < rows; ++r) {
    const float *restrict normal = kept + r * (columns + 1);
    float *restrict g = gradient + r * columns;
    float part[LANES] = {0}, along[LANES] = {0};
    for (size_t k = 0; k < columns; ++k) {
      dgain[k] += g[k] * normal[k];
      dshift[k] += g[k];
      g[k] *= 1.0f + gain[k];
    }
    if (!dx) continue;
    size_t k = 0;
    for (; k + LANES <= columns; k += LANES)
      for (size_t l = 0; l < LANES; ++l) {
        part[l] += g[k + l];
        along[l] += g[k + l] * normal[k + l];
      }
    for (size_t l = 0; k + l < columns; ++l) {
      part[l] += g[k + l];
      along[l] += g[k + l] * normal[k + l];
    }
    float mean = total(part) / (float)columns, slope = total(along) / (float)columns, scale = normal[columns];
    float *restrict d = dx + r * columns;
    for (k = 0; k < columns; ++k) d[k] += (g[k] - mean - normal[k] * slope) * scale;
  }
}
