#include "potentials.h"

#include <math.h>
#include <string.h>

#include "variants.h"

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

EVERYWHERE void frieze_scatter(const float *restrict g, float *restrict target, const int32_t *index, size_t columns,
                               size_t rows) {
  for (size_t r = 0; r < rows; ++r) {
    const float *restrict p = g + r * columns;
    float *restrict x = target + (size_t)index[r] * columns;
    for (size_t k = 0; k < columns; ++k) x[k] += p[k];
  }
}

void frieze_pick(const float *restrict a, float *restrict out, const int32_t *index, size_t columns, size_t rows) {
  for (size_t r = 0; r < rows; ++r) memcpy(out + r * columns, a + (size_t)index[r] * columns, columns * sizeof(float));
}

EVERYWHERE void frieze_row_dots(const float *restrict a, const float *restrict b, double *restrict out, size_t rows) {
  for (size_t r = 0; r < rows; ++r) {
    double lanes[8] = {0};
    for (int k = 0; k < 32; k += 8)
      for (int i = 0; i < 8; ++i) lanes[i] += (double)a[32 * r + k + i] * (double)b[32 * r + k + i];
    for (int i = 0; i < 4; ++i) lanes[i] += lanes[i + 4];
    out[r] = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
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
