#include "potentials.h"

#include <math.h>
#include <string.h>

// Widths are constants so that every loop is unrolled into whole vectors.
#define EVERYWHERE __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#define INLINE static inline __attribute__((always_inline))
#define HALF 64
#define FULL 128

// exp by 2^n * 2^f, f in [-1/2, 1/2], degree 7: relative error below 1e-7.
INLINE float exponential(float x) {
  x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  float z = x * 1.44269504f;
  float n = __builtin_rintf(z);
  float f = (x - n * 6.93145752e-1f) - n * 1.42860677e-6f;
  float p = 1.98412698e-4f;
  p = p * f + 1.38888889e-3f;
  p = p * f + 8.33333333e-3f;
  p = p * f + 4.16666667e-2f;
  p = p * f + 1.66666667e-1f;
  p = p * f + 0.5f;
  p = p * f + 1.0f;
  p = p * f + 1.0f;
  int32_t bits = ((int32_t)n + 127) << 23;
  float scale;
  memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

// 1 / x for x from 1 to 1e38: a guess from the bits, 12 % off, and three of Newton's steps; to rounding. Division of whole vectors
// takes three to five times longer.
INLINE float reciprocal(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits = 0x7EF311C7u - bits;
  float r;
  memcpy(&r, &bits, sizeof r);
  r = r * (2.0f - x * r);
  r = r * (2.0f - x * r);
  return r + r * (1.0f - x * r);
}

INLINE float sigmoid(float x) { return reciprocal(1.0f + exponential(x < -86.0f ? 86.0f : -x)); }

// sin and cos of x, |x| below 1e6: x/(2 pi) reduced to [-1/2, 1/2], Taylor series of the quarter angle, doubled twice; 1e-13.
INLINE void sine_cosine(double x, double *sine, double *cosine) {
  double t = x * 0.15915494309189533577;
  t -= __builtin_rint(t);
  double a = t * 1.57079632679489661923;
  double a2 = a * a;
  double s = a * (1 + a2 * (-1.0 / 6 + a2 * (1.0 / 120 + a2 * (-1.0 / 5040 + a2 * (1.0 / 362880 + a2 * (-1.0 / 39916800 + a2 / 6227020800.0))))));
  double c = 1 + a2 * (-0.5 + a2 * (1.0 / 24 + a2 * (-1.0 / 720 + a2 * (1.0 / 40320 + a2 * (-1.0 / 3628800 + a2 * (1.0 / 479001600 - a2 / 87178291200.0))))));
  double s2 = 2 * s * c, c2 = 1 - 2 * s * s;
  *sine = 2 * s2 * c2;
  *cosine = 1 - 2 * s2 * s2;
}

EVERYWHERE void frieze_gather(float *restrict pre, float *restrict act, const float *restrict a, const int32_t *ia, size_t sa,
                              const float *restrict b, const int32_t *ib, size_t sb, const float *restrict c,
                              const int32_t *ic, size_t sc, size_t rows, int add) {
  for (size_t r = 0; r < rows; ++r) {
    float *restrict p = pre + r * FULL;
    const float *restrict x = a + (size_t)ia[r] * sa;
    const float *restrict y = b + (size_t)ib[r] * sb;
    if (add)
      for (int k = 0; k < FULL; ++k) p[k] += x[k] + y[k];
    else
      for (int k = 0; k < FULL; ++k) p[k] = x[k] + y[k];
    if (c) {
      const float *restrict z = c + (size_t)ic[r] * sc;
      for (int k = 0; k < FULL; ++k) p[k] += z[k];
    }
    if (act) {
      float *restrict o = act + r * FULL;
      for (int k = 0; k < FULL; ++k) o[k] = p[k] * sigmoid(p[k]);
    }
  }
}

EVERYWHERE void frieze_scatter(const float *restrict g, float *restrict target, const int32_t *index, size_t stride,
                               size_t rows) {
  for (size_t r = 0; r < rows; ++r) {
    const float *restrict p = g + r * FULL;
    float *restrict x = target + (size_t)index[r] * stride;
    for (int k = 0; k < FULL; ++k) x[k] += p[k];
  }
}

// Sums of 64 floats in 16 lanes, the same order on every machine.
INLINE float total(const float *x) {
  float lanes[16];
  for (int k = 0; k < 16; ++k) lanes[k] = (x[k] + x[k + 16]) + (x[k + 32] + x[k + 48]);
  for (int k = 0; k < 8; ++k) lanes[k] += lanes[k + 8];
  for (int k = 0; k < 4; ++k) lanes[k] += lanes[k + 4];
  return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}

INLINE float product_total(const float *x, const float *y) {
  float t[HALF];
  for (int k = 0; k < HALF; ++k) t[k] = x[k] * y[k];
  return total(t);
}

EVERYWHERE void frieze_gate(float *restrict y, const float *restrict bias, const float *restrict scale,
                            const float *restrict shift, float *restrict inverse, float *restrict out, size_t rows) {
  for (size_t r = 0; r < rows; ++r) {
    float *restrict row = y + r * FULL;
    float t[FULL];
    for (int k = 0; k < FULL; ++k) t[k] = row[k] + bias[k];
    for (int h = 0; h < 2; ++h) {
      float *restrict half = t + h * HALF;
      float mean = total(half) / HALF;
      for (int k = 0; k < HALF; ++k) half[k] -= mean;
      float i = 1.0f / sqrtf(product_total(half, half) / HALF + 1e-5f);
      for (int k = 0; k < HALF; ++k) half[k] *= i;
      inverse[2 * r + h] = i;
    }
    for (int k = 0; k < FULL; ++k) row[k] = t[k];
    float *restrict o = out + r * HALF;
    for (int k = 0; k < HALF; ++k) {
      float core = scale[k] * t[k] + shift[k];
      float gate = scale[k + HALF] * t[k + HALF] + shift[k + HALF];
      o[k] = core * sigmoid(core) * sigmoid(gate);
    }
  }
}

EVERYWHERE void frieze_gate_backward(const float *restrict y, const float *restrict scale, const float *restrict shift,
                                     const float *restrict inverse, const float *restrict dout, float *restrict dy,
                                     size_t rows) {
  for (size_t r = 0; r < rows; ++r) {
    const float *restrict x = y + r * FULL;
    const float *restrict d = dout + r * HALF;
    float t[FULL];
    for (int k = 0; k < HALF; ++k) {
      float core = scale[k] * x[k] + shift[k];
      float gate = scale[k + HALF] * x[k + HALF] + shift[k + HALF];
      float sc = sigmoid(core), sg = sigmoid(gate);
      t[k] = d[k] * sg * sc * (1.0f + core * (1.0f - sc)) * scale[k];
      t[k + HALF] = d[k] * core * sc * sg * (1.0f - sg) * scale[k + HALF];
    }
    for (int h = 0; h < 2; ++h) {
      float mean = total(t + h * HALF) / HALF;
      float slope = product_total(t + h * HALF, x + h * HALF) / HALF;
      float i = inverse[2 * r + h];
      for (int k = 0; k < HALF; ++k)
        dy[r * FULL + h * HALF + k] = i * (t[h * HALF + k] - mean - x[h * HALF + k] * slope);
    }
  }
}

EVERYWHERE void frieze_message(const float *restrict out, const float *restrict weight, const float *restrict u,
                               const int32_t *iu, size_t su, const float *restrict v, const int32_t *iv, float *restrict sum,
                               const int32_t *to, size_t rows) {
  for (size_t r = 0; r < rows; ++r) {
    const float *restrict o = out + r * HALF;
    const float *restrict x = u + (size_t)iu[r] * su;
    float *restrict s = sum + (size_t)to[r] * HALF;
    float w = weight[r];
    if (v) {
      const float *restrict z = v + (size_t)iv[r] * HALF;
      for (int k = 0; k < HALF; ++k) s[k] += w * o[k] * x[k] * z[k];
    } else {
      for (int k = 0; k < HALF; ++k) s[k] += w * o[k] * x[k];
    }
  }
}

EVERYWHERE void frieze_message_backward(const float *restrict out, const float *restrict weight, const float *restrict u,
                                        const int32_t *iu, size_t su, const float *restrict v, const int32_t *iv,
                                        const float *restrict dsum, const int32_t *to, float *restrict dout, float *du,
                                        size_t sdu, float *dv, size_t rows) {
  for (size_t r = 0; r < rows; ++r) {
    const float *restrict o = out + r * HALF;
    const float *restrict x = u + (size_t)iu[r] * su;
    const float *restrict s = dsum + (size_t)to[r] * HALF;
    float *restrict d = dout + r * HALF;
    float w = weight[r];
    float t[HALF];
    for (int k = 0; k < HALF; ++k) t[k] = w * s[k];
    if (v) {
      const float *restrict z = v + (size_t)iv[r] * HALF;
      // du and dv are one array where both ends are bonds: one after the other.
      float *gx = du + (size_t)iu[r] * sdu;
      for (int k = 0; k < HALF; ++k) gx[k] += t[k] * o[k] * z[k];
      float *gz = dv + (size_t)iv[r] * HALF;
      for (int k = 0; k < HALF; ++k) gz[k] += t[k] * o[k] * x[k];
      for (int k = 0; k < HALF; ++k) d[k] = t[k] * x[k] * z[k];
    } else {
      float *gx = du + (size_t)iu[r] * sdu;
      for (int k = 0; k < HALF; ++k) gx[k] += t[k] * o[k];
      for (int k = 0; k < HALF; ++k) d[k] = t[k] * x[k];
    }
  }
}

EVERYWHERE void frieze_radial_basis(const double *restrict r, size_t rows, const float *restrict frequency,
                                    size_t frequencies, double cutoff, double p, float *restrict value,
                                    float *restrict slope) {
  double norm = sqrt(2.0 / cutoff);
  double a = (p + 1) * (p + 2) / 2, b = p * (p + 2), c = p * (p + 1) / 2;
  for (size_t i = 0; i < rows; ++i) {
    double x = r[i] / cutoff;
    double power = x < 1 ? pow(x, p - 1) : 0;
    double u = x < 1 ? 1 - power * x * (a - x * (b - c * x)) : 0;
    double du = x < 1 ? -power * (a * p - x * (b * (p + 1) - c * (p + 2) * x)) / cutoff : 0;
    double over = 1 / r[i];
    float *restrict v = value + 32 * i;
    float *restrict d = slope + 32 * i;
    for (size_t k = 0; k < 32; ++k) v[k] = d[k] = 0;
    for (size_t k = 0; k < frequencies; ++k) {
      double s, t;
      sine_cosine(frequency[k] * x, &s, &t);
      double bessel = norm * s * over;
      double turn = norm * over * (frequency[k] / cutoff * t - s * over);
      v[k] = (float)(bessel * u);
      d[k] = (float)(turn * u + bessel * du);
    }
  }
}

EVERYWHERE void frieze_angular_basis(const double *restrict t, size_t rows, const float *restrict frequency,
                                     size_t frequencies, float *restrict value, float *restrict slope) {
  const double norm = 0.56418958354775628695;
  for (size_t i = 0; i < rows; ++i) {
    float *restrict v = value + 32 * i;
    float *restrict d = slope + 32 * i;
    for (size_t k = 0; k < 32; ++k) v[k] = d[k] = 0;
    v[0] = (float)(norm * 0.70710678118654752440);
    for (size_t k = 0; k < frequencies; ++k) {
      double s, c;
      sine_cosine(frequency[k] * t[i], &s, &c);
      v[1 + k] = (float)(norm * s);
      v[1 + frequencies + k] = (float)(norm * c);
      d[1 + k] = (float)(norm * frequency[k] * c);
      d[1 + frequencies + k] = (float)(-norm * frequency[k] * s);
    }
  }
}
