#include "predictors.h"
#include "elementary.h"

// e^-|x| = 2^n 2^f, f in [-1/2, 1/2], the best fit of degree 5: relative error 9e-8. Adding 1.5 * 2^23 rounds to whole numbers, whose last
// bits are then those of n. Below e^-40 nothing changes in what follows.
INLINE float falling_exponential(float x) {
  float y = -__builtin_fabsf(x);
  y = y > -40.0f ? y : -40.0f;
  float shifted = y * 1.44269504f + 12582912.0f;
  float f = y * 1.44269504f - (shifted - 12582912.0f);
  float p = f * 1.32647e-3f + 9.67151e-3f;
  p = p * f + 5.550734e-2f;
  p = p * f + 2.4022242e-1f;
  p = p * f + 6.9314698e-1f;
  p = p * f + 1.0f;
  uint32_t bits, power;
  memcpy(&bits, &p, sizeof bits);
  memcpy(&power, &shifted, sizeof power);
  bits += power << 23;
  memcpy(&p, &bits, sizeof p);
  return p;
}

// ln(1 + e^x) - ln 2 = max(x, 0) + ln((1 + t) / 2) with t = e^-|x| in (0, 1]: a polynomial in t - 1/2, whose best fit of degree 8 is off by
// 4e-8; with rounding the error is below 2e-7 for any x.
INLINE float softplus(float x) {
  float t = falling_exponential(x) - 0.5f;
  float p = -6.006605036e-3f;
  p = p * t + 1.023817975e-2f;
  p = p * t - 1.441055290e-2f;
  p = p * t + 2.596979210e-2f;
  p = p * t - 4.939838363e-2f;
  p = p * t + 9.879144545e-2f;
  p = p * t - 2.222219264e-1f;
  p = p * t + 6.666661755e-1f;
  p = p * t - 2.876820725e-1f;
  return (x > 0.0f ? x : 0.0f) + p;
}

EVERYWHERE void frieze_softplus(float *restrict x, const float *restrict bias, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < columns; ++k) x[r * columns + k] = softplus(x[r * columns + k] + bias[k]);
}

EVERYWHERE void frieze_softplus_edges(float *restrict x, const float *restrict centers, const float *restrict neighbors,
                                      size_t stride, const int32_t *restrict center, const int32_t *restrict neighbor, size_t rows,
                                      size_t width) {
  for (size_t e = 0; e < rows; ++e) {
    const float *restrict a = centers + (size_t)center[e] * stride, *restrict b = neighbors + (size_t)neighbor[e] * stride;
    for (size_t k = 0; k < width; ++k) x[e * width + k] = softplus(x[e * width + k] + a[k] + b[k]);
  }
}

EVERYWHERE void frieze_weighted_scatter(const float *restrict x, const float *restrict weight, const int32_t *restrict to,
                                        float *restrict out, size_t rows, size_t width) {
  for (size_t e = 0; e < rows; ++e) {
    float *restrict target = out + (size_t)to[e] * width;
    float w = weight[e];
    for (size_t k = 0; k < width; ++k) target[k] += w * x[e * width + k];
  }
}

EVERYWHERE void frieze_cubic_lookup(const float *restrict table, size_t knots, float per_step, const float *restrict x,
                                    float *restrict a, size_t first, float *restrict b, size_t width, size_t rows) {
  for (size_t e = 0; e < rows; ++e) {
    float place = x[e] * per_step;
    place = place > 0.0f ? place : 0.0f;
    size_t cell = (size_t)place;
    cell = cell + 4 <= knots ? cell : knots - 4;
    float f = place - (float)cell, g = f - 1.0f, h = f - 2.0f, i = f + 1.0f;
    // Lagrange's polynomials for the points -1, 0, 1, 2.
    float c0 = f * g * h * (-1.0f / 6.0f), c1 = i * g * h * 0.5f, c2 = i * f * h * -0.5f, c3 = i * f * g * (1.0f / 6.0f);
    const float *restrict t = table + cell * width;
    for (size_t k = 0; k < first; ++k)
      a[e * first + k] = c0 * t[k] + c1 * t[width + k] + c2 * t[2 * width + k] + c3 * t[3 * width + k];
    size_t rest = width - first;
    t += first;
    for (size_t k = 0; k < rest; ++k)
      b[e * rest + k] = c0 * t[k] + c1 * t[width + k] + c2 * t[2 * width + k] + c3 * t[3 * width + k];
  }
}

#define POOL 16

INLINE float hard_sigmoid(float x) {
  float y = 0.2f * x + 0.5f;
  return y < 0.0f ? 0.0f : y > 1.0f ? 1.0f : y;
}

INLINE float hyperbolic_tangent(float x) {
  float t = exponential(-2.0f * __builtin_fabsf(x));
  float y = (1.0f - t) / (1.0f + t);
  return x < 0.0f ? -y : y;
}

EVERYWHERE void frieze_set2set(const float *restrict m, const float *restrict weight, size_t rows, const float *restrict recurrent,
                               const float *restrict bias, size_t steps, float *restrict out) {
  float q[2 * POOL] = {0};
  for (size_t step = 0; step < steps; ++step) {
    float z[4 * POOL];
    for (size_t k = 0; k < 4 * POOL; ++k) z[k] = bias[k];
    for (size_t j = 0; j < 2 * POOL; ++j)
      for (size_t k = 0; k < 4 * POOL; ++k) z[k] += q[j] * recurrent[j * 4 * POOL + k];
    // Input, forget, candidate, output: no cell is carried from step to step, so nothing is forgotten.
    float y[POOL], sum[POOL] = {0}, total = 0.0f, top = -3.0e38f;
    for (size_t k = 0; k < POOL; ++k)
      y[k] = hard_sigmoid(z[3 * POOL + k]) * hyperbolic_tangent(hard_sigmoid(z[k]) * hyperbolic_tangent(z[2 * POOL + k]));
    // The largest score is taken away as it is met, so that the rows are gone through once.
    for (size_t n = 0; n < rows; ++n) {
      float score = 0.0f;
      for (size_t k = 0; k < POOL; ++k) score += m[n * POOL + k] * y[k];
      float old = 1.0f;
      if (score > top) {
        old = exponential(top - score);
        top = score;
      }
      float p = weight[n] * exponential(score - top);
      total = total * old + p;
      for (size_t k = 0; k < POOL; ++k) sum[k] = sum[k] * old + p * m[n * POOL + k];
    }
    for (size_t k = 0; k < POOL; ++k) {
      q[k] = y[k];
      q[POOL + k] = sum[k] / total;
    }
  }
  for (size_t k = 0; k < 2 * POOL; ++k) out[k] = q[k];
}

#define BLOCK 16

EVERYWHERE size_t frieze_points_within(const double *restrict x, const double *restrict y, const double *restrict z, size_t count,
                                       const double *restrict center, double squared, int32_t *restrict found,
                                       double *restrict distances) {
  double cx = center[0], cy = center[1], cz = center[2];
  size_t number = 0;
  for (size_t start = 0; start < count; start += BLOCK) {
    double d[BLOCK];
    size_t rest = count - start;
    int near = 0;
    if (rest >= BLOCK) {
      for (size_t k = 0; k < BLOCK; ++k) {
        double a = x[start + k] - cx, b = y[start + k] - cy, c = z[start + k] - cz;
        d[k] = a * a + b * b + c * c;
      }
      for (size_t k = 0; k < BLOCK; ++k) near |= d[k] < squared;
      rest = BLOCK;
    } else {
      for (size_t k = 0; k < rest; ++k) {
        double a = x[start + k] - cx, b = y[start + k] - cy, c = z[start + k] - cz;
        d[k] = a * a + b * b + c * c;
      }
      near = 1;
    }
    if (!near) continue;
    for (size_t k = 0; k < rest; ++k)
      if (d[k] < squared) {
        found[number] = (int32_t)(start + k);
        distances[number++] = d[k];
      }
  }
  return number;
}
