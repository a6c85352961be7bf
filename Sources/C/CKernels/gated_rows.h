// Rows of gated layers, in vectors of 16 floats, for one kind of processor: included once for each with NAME (a suffix) and
// SIGMOIDS (1 where the processor has instructions for powers of two and reciprocals) defined.

// A half row is four vectors, a row eight: the core in the first four, the gate in the others.

#define ROWS(F) NAME(F)
#define UNROLLED _Pragma("clang loop unroll(full)")

INLINE wide ROWS(all)(float x) { return (wide){0} + x; }

// 1 + exp(-x) for x from -40 up; below, that at -40, where the sigmoid is 0 to rounding. exp(-x) = 2^n 2^f, f in [-1/2, 1/2],
// degree 5, the best fit: relative error 9e-8. Adding 1.5 * 2^23 rounds to whole numbers.
INLINE wide ROWS(one_and_exponential)(wide x) {
#if SIGMOIDS
  x = (wide)_mm512_max_ps((__m512)x, _mm512_set1_ps(-40.0f));
#else
  whole below = x < -40.0f, above = x > 40.0f;
  x = (wide)((below & (whole)ROWS(all)(-40.0f)) | (above & (whole)ROWS(all)(40.0f)) | (~(below | above) & (whole)x));
#endif
  wide shifted = x * -1.44269504f + 12582912.0f;
  wide n = shifted - 12582912.0f;
  wide f = x * -1.44269504f - n;
  wide p = f * 1.32647e-3f + 9.67151e-3f;
  p = p * f + 5.550734e-2f;
  p = p * f + 2.4022242e-1f;
  p = p * f + 6.9314698e-1f;
  p = p * f + 1.0f;
#if SIGMOIDS
  return (wide)_mm512_scalef_ps((__m512)p, (__m512)n) + 1.0f;
#else
  return (wide)((whole)p + ((whole)shifted << 23)) + 1.0f;
#endif
}

// 1 / x for x from 1 to 1e36, to rounding. Division of whole vectors takes three to five times longer.
INLINE wide ROWS(inverted)(wide x) {
#if SIGMOIDS
  wide r = (wide)_mm512_rcp14_ps((__m512)x);
#else
  // A guess from the bits, 12 % off, and two of Newton's steps before the last.
  wide r = (wide)(0x7EF311C7 - (whole)x);
  r = r * (2.0f - x * r);
  r = r * (2.0f - x * r);
#endif
  return r + r * (1.0f - x * r);
}

INLINE wide ROWS(folded8)(wide core, wide gate) {
  wide low = __builtin_shufflevector(core, gate, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  wide high = __builtin_shufflevector(core, gate, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  wide t = low + high;
  t += __builtin_shufflevector(t, t, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
  t += __builtin_shufflevector(t, t, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  t += __builtin_shufflevector(t, t, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  return t;
}

// The mean of the core in lanes 0 to 7, of the gate in lanes 8 to 15.
INLINE wide ROWS(means)(const wide t[8]) {
  return ROWS(folded8)((t[0] + t[1]) + (t[2] + t[3]), (t[4] + t[5]) + (t[6] + t[7])) * (1.0f / HALF);
}

INLINE wide ROWS(product_means)(const wide t[8], const wide x[8]) {
  return ROWS(folded8)((t[0] * x[0] + t[1] * x[1]) + (t[2] * x[2] + t[3] * x[3]),
                       (t[4] * x[4] + t[5] * x[5]) + (t[6] * x[6] + t[7] * x[7])) *
         (1.0f / HALF);
}

// pre = (add ? pre : 0) + parts[ia][0...127] + parts[ib][128...255] + c[ic].
INLINE void ROWS(sum_row)(wide t[8], const float *a, const float *b, const float *c) {
  UNROLLED for (int k = 0; k < 8; ++k) t[k] = (AT(a, k) + AT(b, k)) + AT(c, k);
}

// silu of a row; its slope in place of the row.
INLINE void ROWS(silu_row)(wide t[8], float *act) {
  UNROLLED for (int k = 0; k < 8; ++k) {
    wide s = ROWS(inverted)(ROWS(one_and_exponential)(t[k]));
    wide y = t[k] * s;
    AT(act, k) = y;
    t[k] = s + y * (1.0f - s);
  }
}

// Adds the bias and normalises both halves.
INLINE void ROWS(normal_row)(wide t[8], const float *bias, float *inverse) {
  UNROLLED for (int k = 0; k < 8; ++k) t[k] += AT(bias, k);
  wide mean = ROWS(means)(t);
  wide core = ROWS(all)(mean[0]), gate = ROWS(all)(mean[8]);
  UNROLLED for (int k = 0; k < 4; ++k) t[k] -= core, t[k + 4] -= gate;
  wide variance = ROWS(product_means)(t, t);
  float i0 = 1.0f / sqrtf(variance[0] + 1e-5f), i1 = 1.0f / sqrtf(variance[8] + 1e-5f);
  inverse[0] = i0;
  inverse[1] = i1;
  UNROLLED for (int k = 0; k < 4; ++k) t[k] *= i0, t[k + 4] *= i1;
}

// silu(core) sigmoid(gate).
INLINE void ROWS(gate_row)(const wide t[8], const float *scale, const float *shift, wide o[4]) {
  UNROLLED for (int k = 0; k < 4; ++k) {
    wide core = AT(scale, k) * t[k] + AT(shift, k);
    wide gate = AT(scale, k + 4) * t[k + 4] + AT(shift, k + 4);
    o[k] = core * ROWS(inverted)(ROWS(one_and_exponential)(core) * ROWS(one_and_exponential)(gate));
  }
}

static void ROWS(sums)(const gated *g, size_t from, size_t rows, int add, float *restrict pre, float *restrict act) {
  for (size_t r = 0; r < rows; ++r) {
    size_t e = from + r;
    wide t[8];
    ROWS(sum_row)(t, g->parts + (size_t)g->ia[e] * 2 * FULL, g->parts + (size_t)g->ib[e] * 2 * FULL + FULL,
                  g->c + (size_t)g->ic[e] * FULL);
    float *p = pre + r * FULL;
    if (add) UNROLLED for (int k = 0; k < 8; ++k) t[k] += AT(p, k);
    if (act && !g->thrifty) ROWS(silu_row)(t, act + r * FULL);
    UNROLLED for (int k = 0; k < 8; ++k) AT(p, k) = t[k];
    if (act && g->thrifty) ROWS(silu_row)(t, act + r * FULL);
  }
}

static void ROWS(slopes)(const float *restrict pre, float *restrict slope, float *restrict act, size_t rows) {
  for (size_t r = 0; r < rows; ++r) {
    wide t[8];
    UNROLLED for (int k = 0; k < 8; ++k) t[k] = AT(pre + r * FULL, k);
    ROWS(silu_row)(t, act + r * FULL);
    UNROLLED for (int k = 0; k < 8; ++k) AT(slope + r * FULL, k) = t[k];
  }
}

static void ROWS(normals)(const gated *g, float *restrict y, float *restrict inverse, size_t rows) {
  for (size_t r = 0; r < rows; ++r) {
    wide t[8];
    float *p = y + r * FULL;
    UNROLLED for (int k = 0; k < 8; ++k) t[k] = AT(p, k);
    ROWS(normal_row)(t, g->gate, inverse + 2 * r);
    UNROLLED for (int k = 0; k < 8; ++k) AT(p, k) = t[k];
  }
}

static void ROWS(gates)(const gated *g, size_t from, size_t rows, float *restrict y, float *restrict inverse) {
  for (size_t r = 0; r < rows; ++r) {
    size_t e = from + r;
    wide t[8], o[4];
    float *p = y + r * FULL;
    UNROLLED for (int k = 0; k < 8; ++k) t[k] = AT(p, k);
    ROWS(normal_row)(t, g->gate, inverse + 2 * r);
    UNROLLED for (int k = 0; k < 8; ++k) AT(p, k) = t[k];
    ROWS(gate_row)(t, g->gate + FULL, g->gate + 2 * FULL, o);
    if (!g->u) {
      float *s = g->sum + e * HALF;
      UNROLLED for (int k = 0; k < 4; ++k) AT(s, k) += o[k];
      continue;
    }
    float w = g->weight[e];
    float *s = g->sum + (size_t)g->to[e] * HALF;
    const float *u = g->u + (size_t)g->iu[e] * HALF;
    if (g->iv) {
      const float *v = g->u + (size_t)g->iv[e] * HALF;
      UNROLLED for (int k = 0; k < 4; ++k) o[k] *= AT(v, k);
    }
    UNROLLED for (int k = 0; k < 4; ++k) AT(s, k) += w * o[k] * AT(u, k);
  }
}

static void ROWS(gates_back)(const gated *g, size_t from, size_t rows, const float *y, const float *inverse, float *restrict dy) {
  const float *scale = g->gate + FULL, *shift = scale + FULL;
  for (size_t r = 0; r < rows; ++r) {
    size_t e = from + r;
    const float *p = y + r * FULL;
    wide d[4], x[8], t[8];
    const float *s, *u = 0, *v = 0;
    float *du = 0, *dv = 0;
    if (g->u) {
      s = g->sum + (size_t)g->to[e] * HALF;
      u = g->u + (size_t)g->iu[e] * HALF;
      du = g->du + (size_t)g->iu[e] * HALF;
      float w = g->weight[e];
      UNROLLED for (int k = 0; k < 4; ++k) d[k] = w * AT(s, k);
    } else {
      s = g->sum + e * HALF;
      UNROLLED for (int k = 0; k < 4; ++k) d[k] = AT(s, k);
    }
    if (g->u && g->iv) {
      v = g->u + (size_t)g->iv[e] * HALF;
      dv = g->du + (size_t)g->iv[e] * HALF;
    }
    UNROLLED for (int k = 0; k < 8; ++k) x[k] = AT(p, k);
    UNROLLED for (int k = 0; k < 4; ++k) {
      wide core = AT(scale, k) * x[k] + AT(shift, k);
      wide gate = AT(scale, k + 4) * x[k + 4] + AT(shift, k + 4);
      wide a = ROWS(one_and_exponential)(core), b = ROWS(one_and_exponential)(gate);
      wide i = ROWS(inverted)(a * b);
      wide sc = b * i, sg = a * i;
      wide out = core * i, slope = i + out * (1.0f - sc);
      if (u) {
        wide m = d[k] * out;
        d[k] *= AT(u, k);
        if (v) {
          d[k] *= AT(v, k);
          // Both ends may be one bond: one after the other.
          AT(du, k) += m * AT(v, k);
          AT(dv, k) += m * AT(u, k);
        } else {
          AT(du, k) += m;
        }
      }
      t[k] = d[k] * slope * AT(scale, k);
      t[k + 4] = d[k] * out * (1.0f - sg) * AT(scale, k + 4);
    }
    wide mean = ROWS(means)(t), slope = ROWS(product_means)(t, x);
    float m0 = mean[0], m1 = mean[8], s0 = slope[0], s1 = slope[8], i0 = inverse[2 * r], i1 = inverse[2 * r + 1];
    float *o = dy + r * FULL;
    UNROLLED for (int k = 0; k < 4; ++k) {
      AT(o, k) = i0 * (t[k] - m0 - x[k] * s0);
      AT(o, k + 4) = i1 * (t[k + 4] - m1 - x[k + 4] * s1);
    }
  }
}

// Multiplies by the slopes where there are any, and spreads the rows over what they are sums of.
static void ROWS(spread)(const gated *g, size_t from, size_t rows, const float *slope, float *restrict dy) {
  for (size_t r = 0; r < rows; ++r) {
    size_t e = from + r;
    float *p = dy + r * FULL;
    wide t[8];
    UNROLLED for (int k = 0; k < 8; ++k) t[k] = AT(p, k);
    if (slope) UNROLLED for (int k = 0; k < 8; ++k) t[k] *= AT(slope + r * FULL, k);
    if (slope && g->x_width) UNROLLED for (int k = 0; k < 8; ++k) AT(p, k) = t[k];
    float *c = g->dc + (size_t)g->ic[e] * FULL;
    UNROLLED for (int k = 0; k < 8; ++k) AT(c, k) += t[k];
    if (!g->dparts) continue;
    float *a = g->dparts + (size_t)g->ia[e] * 2 * FULL, *b = g->dparts + (size_t)g->ib[e] * 2 * FULL + FULL;
    UNROLLED for (int k = 0; k < 8; ++k) AT(a, k) += t[k];
    UNROLLED for (int k = 0; k < 8; ++k) AT(b, k) += t[k];
  }
}

// Core and gate by their own (64, 64).
static void ROWS(second)(const float *restrict a, const float *weight, float *restrict out, size_t rows) {
  frieze_row_product(a, FULL, weight, out, FULL, rows, HALF, HALF, 0);
  frieze_row_product(a + HALF, FULL, weight + HALF * HALF, out + HALF, FULL, rows, HALF, HALF, 0);
}

static void ROWS(forward)(const gated *g) {
  float act[TILE * FULL], tile[TILE * FULL], own[2 * TILE];
  int again = g->thrifty && g->second;
  for (size_t from = 0; from < g->rows; from += TILE) {
    size_t rows = g->rows - from < TILE ? g->rows - from : TILE;
    float *pre = (g->second ? g->slope : g->normal) + from * FULL;
    float *y = again ? tile : g->normal + from * FULL;
    if (g->x_width)
      frieze_row_product(g->x + from * g->x_width, g->x_width, g->x_weight, pre, FULL, rows, g->x_width, FULL, 0);
    ROWS(sums)(g, from, rows, g->x_width > 0, pre, g->second ? act : 0);
    if (g->second) ROWS(second)(act, g->second, y, rows);
    ROWS(gates)(g, from, rows, y, again ? own : g->inverse + 2 * from);
  }
}

static void ROWS(backward)(const gated *g) {
  float act[TILE * FULL], tile[TILE * FULL], own[2 * TILE], slopes[TILE * FULL], dy[TILE * FULL];
  int again = g->thrifty && g->second;
  for (size_t from = 0; from < g->rows; from += TILE) {
    size_t rows = g->rows - from < TILE ? g->rows - from : TILE;
    const float *slope = g->second ? g->slope + from * FULL : 0;
    const float *y = g->normal + from * FULL, *inverse = g->inverse + 2 * from;
    float *out = dy;
    if (again) {
      ROWS(slopes)(slope, slopes, act, rows);
      ROWS(second)(act, g->second, tile, rows);
      ROWS(normals)(g, tile, own, rows);
      slope = slopes, y = tile, inverse = own;
    }
    ROWS(gates_back)(g, from, rows, y, inverse, dy);
    if (g->second) {
      ROWS(second)(dy, g->second_back, act, rows);
      out = act;
    }
    ROWS(spread)(g, from, rows, slope, out);
    if (g->x_width)
      frieze_row_product(out, FULL, g->x_weight, g->dx + from * g->x_width, g->x_width, rows, FULL, g->x_width, 1);
  }
}

#undef ROWS
#undef UNROLLED
#undef NAME
#undef SIGMOIDS
