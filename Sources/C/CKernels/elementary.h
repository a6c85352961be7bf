#pragma once
// Elementary functions for loops that the compiler makes into vectors; shared by the kernels, private to this module.

#include <stdint.h>
#include <string.h>

#include "variants.h"

// exp by 2^n * 2^f, f in [-1/2, 1/2], degree 6: relative error below 3e-7 over the whole range.
INLINE float exponential(float x) {
  x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  float z = x * 1.44269504f;
  float n = __builtin_rintf(z);
  float f = z - n;
  float p = 1.54035304e-4f;
  p = p * f + 1.33335581e-3f;
  p = p * f + 9.61812911e-3f;
  p = p * f + 5.55041087e-2f;
  p = p * f + 2.40226507e-1f;
  p = p * f + 6.93147181e-1f;
  p = p * f + 1.0f;
  int32_t bits = ((int32_t)n + 127) << 23;
  float scale;
  memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

// log for normal positive numbers, by exponent and a series in (m - 1) / (m + 1): relative error below 1e-6 away from 1, absolute near it.
INLINE float logarithm(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  int32_t exponent = (bits - 0x3F3504F3) >> 23;
  bits -= exponent << 23;
  float m;
  memcpy(&m, &bits, sizeof m);
  float u = (m - 1.0f) / (m + 1.0f), u2 = u * u;
  float series = 2.0f * u * (1.0f + u2 * (0.333333333f + u2 * (0.2f + u2 * (0.142857143f + u2 * 0.111111111f))));
  return series + 0.693147181f * (float)exponent;
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

// sin(2 pi r) and cos(2 pi r) for |r| <= 1/2, from the Taylor series of the quarter angle, doubled twice: error below 1e-6.
INLINE void sine_cosine(float r, float *sine, float *cosine) {
  float a = r * 1.57079633f;
  float a2 = a * a;
  float s = a * (1.0f + a2 * (-1.66666667e-1f + a2 * (8.33333333e-3f + a2 * (-1.98412698e-4f + a2 * 2.75573192e-6f))));
  float c = 1.0f + a2 * (-0.5f + a2 * (4.16666667e-2f + a2 * (-1.38888889e-3f + a2 * (2.48015873e-5f - a2 * 2.75573e-7f))));
  float s2 = 2.0f * s * c, c2 = 1.0f - 2.0f * s * s;
  *sine = 2.0f * s2 * c2;
  *cosine = 1.0f - 2.0f * s2 * s2;
}

// To bfloat16, to nearest, ties to even; only for finite numbers.
INLINE uint16_t rounded_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (uint16_t)((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

INLINE float from_bits(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float x;
  memcpy(&x, &wide, sizeof x);
  return x;
}
