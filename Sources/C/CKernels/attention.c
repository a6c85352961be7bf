#include "CKernels.h"
#include "elementary.h"

// Sites of one crystal that look at each other. Sums run over 16 partial sums, in the same order on every processor.

#define LANES 16

INLINE float dot(const float *restrict a, const float *restrict b, size_t n) {
  float part[LANES] = {0};
  size_t k = 0;
  for (; k + LANES <= n; k += LANES)
    for (size_t l = 0; l < LANES; ++l) part[l] += a[k + l] * b[k + l];
  for (size_t l = 0; k + l < n; ++l) part[l] += a[k + l] * b[k + l];
  for (size_t half = LANES / 2; half > 0; half /= 2)
    for (size_t l = 0; l < half; ++l) part[l] += part[l + half];
  return part[0];
}

EVERYWHERE void frieze_attention(const float *restrict x, size_t sites, size_t columns, size_t heads, float *restrict weights,
                                 float *restrict out) {
  size_t width = columns / heads, stride = 3 * columns;
  float scale = 1.0f / __builtin_sqrtf((float)width);
  for (size_t i = 0; i < sites; ++i)
    for (size_t head = 0; head < heads; ++head) {
      const float *query = x + i * stride + head * width, *keys = query - i * stride + columns, *values = keys + columns;
      float *own = weights + i * sites * heads + head, *y = out + i * columns + head * width;
      float most = 0, sum = 0;
      for (size_t j = 0; j < sites; ++j) {
        float score = scale * dot(query, keys + j * stride, width);
        own[j * heads] = score;
        if (j == 0 || score > most) most = score;
      }
      for (size_t j = 0; j < sites; ++j) sum += own[j * heads] = exponential(own[j * heads] - most);
      for (size_t k = 0; k < width; ++k) y[k] = 0;
      for (size_t j = 0; j < sites; ++j) {
        float weight = own[j * heads] /= sum;
        const float *value = values + j * stride;
        for (size_t k = 0; k < width; ++k) y[k] += weight * value[k];
      }
    }
}

EVERYWHERE void frieze_attention_backward(const float *restrict x, const float *restrict weights, const float *restrict gradient,
                                          size_t sites, size_t columns, size_t heads, float *restrict slopes, float *restrict dx) {
  size_t width = columns / heads, stride = 3 * columns;
  float scale = 1.0f / __builtin_sqrtf((float)width);
  for (size_t i = 0; i < sites; ++i)
    for (size_t head = 0; head < heads; ++head) {
      size_t query = i * stride + head * width, keys = head * width + columns, values = keys + columns;
      const float *own = weights + i * sites * heads + head, *dy = gradient + i * columns + head * width;
      float mean = 0;
      for (size_t j = 0; j < sites; ++j) {
        float weight = own[j * heads];
        float *dvalue = dx + values + j * stride;
        slopes[j] = dot(dy, x + values + j * stride, width);
        mean += weight * slopes[j];
        for (size_t k = 0; k < width; ++k) dvalue[k] += weight * dy[k];
      }
      for (size_t j = 0; j < sites; ++j) {
        float g = own[j * heads] * (slopes[j] - mean) * scale;
        const float *key = x + keys + j * stride;
        for (size_t k = 0; k < width; ++k) dx[query + k] += g * key[k];
        for (size_t k = 0; k < width; ++k) dx[keys + j * stride + k] += g * x[query + k];
      }
    }
}
