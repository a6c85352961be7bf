#include "CKernels.h"
#include "elementary.h"

EVERYWHERE void frieze_bias_silu(float *restrict pre, const float *restrict bias, float *restrict out, size_t rows,
                                 size_t columns) {
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < columns; ++k) {
      float x = pre[r * columns + k] + bias[k];
      pre[r * columns + k] = x;
      out[r * columns + k] = x * sigmoid(x);
    }
}

EVERYWHERE void frieze_silu_backward(const float *restrict pre, float *restrict gradient, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    float s = sigmoid(pre[i]);
    gradient[i] *= s * (1.0f + pre[i] * (1.0f - s));
  }
}

EVERYWHERE void frieze_add_bias(float *restrict x, const float *restrict bias, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < columns; ++k) x[r * columns + k] += bias[k];
}

EVERYWHERE void frieze_sum_rows(const float *restrict x, float *restrict out, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < columns; ++k) out[k] += x[r * columns + k];
}

EVERYWHERE void frieze_logarithm(float *restrict x, float floor, size_t count) {
  for (size_t i = 0; i < count; ++i) x[i] = logarithm(x[i] > floor ? x[i] : floor);
}

EVERYWHERE void frieze_softmax(float *restrict x, size_t groups, size_t classes) {
  for (size_t g = 0; g < groups; ++g) {
    float *row = x + g * classes;
    float top = row[0];
    for (size_t k = 1; k < classes; ++k) top = row[k] > top ? row[k] : top;
    float sum = 0;
    for (size_t k = 0; k < classes; ++k) row[k] = exponential(row[k] - top);
    for (size_t k = 0; k < classes; ++k) sum += row[k];
    float inverse = 1.0f / sum;
    for (size_t k = 0; k < classes; ++k) row[k] *= inverse;
  }
}

EVERYWHERE void frieze_fourier(const float *restrict difference, float *restrict out, uint16_t *restrict rounded, size_t rows,
                               size_t frequencies) {
  for (size_t r = 0; r < rows; ++r)
    for (size_t axis = 0; axis < 3; ++axis) {
      float d = difference[3 * r + axis];
      size_t sines = r * 6 * frequencies + axis * frequencies, cosines = sines + 3 * frequencies;
      for (size_t f = 0; f < frequencies; ++f) {
        float turns = d * (float)(f + 1), s, c;
        turns -= __builtin_rintf(turns);
        sine_cosine(turns, &s, &c);
        if (rounded) {
          rounded[sines + f] = rounded_bits(s);
          rounded[cosines + f] = rounded_bits(c);
        } else {
          out[sines + f] = s;
          out[cosines + f] = c;
        }
      }
    }
}

// One edge: x = a + b + c + sign s + e, silu(x). c and s are of the pair; a self edge has c alone. e is its own, or NULL.
INLINE void edge(const float *restrict a, const float *restrict b, const float *restrict c, const float *restrict s,
                 const float *restrict e, float sign, float *restrict pre, float *restrict act, uint16_t *restrict rounded, size_t width) {
  if (pre)
    for (size_t k = 0; k < width; ++k) pre[k] = a[k] + b[k] + c[k] + (s ? sign * s[k] : 0.0f) + (e ? e[k] : 0.0f);
  if (rounded)
    for (size_t k = 0; k < width; ++k) {
      float x = a[k] + b[k] + c[k] + (s ? sign * s[k] : 0.0f) + (e ? e[k] : 0.0f);
      rounded[k] = rounded_bits(x * sigmoid(x));
    }
  else
    for (size_t k = 0; k < width; ++k) {
      float x = a[k] + b[k] + c[k] + (s ? sign * s[k] : 0.0f) + (e ? e[k] : 0.0f);
      act[k] = x * sigmoid(x);
    }
}

EVERYWHERE void frieze_edges(const float *restrict hi, const float *restrict hj, const float *restrict c,
                             const float *restrict s, const float *restrict self, const float *restrict own, float *restrict pre,
                             float *restrict act, uint16_t *restrict rounded, size_t m, size_t width) {
#define ROW(p, e) ((p) ? (p) + (e) * width : 0)
  size_t pair = 0;
  for (size_t i = 0; i < m; ++i) {
    size_t ii = i * m + i;
    const float *a = hi + i * width, *b = hj + i * width;
    edge(a, b, self, 0, ROW(own, ii), 0, ROW(pre, ii), ROW(act, ii), ROW(rounded, ii), width);
    for (size_t j = i + 1; j < m; ++j, ++pair) {
      size_t ij = i * m + j, ji = j * m + i;
      const float *cp = c + pair * width, *sp = s + pair * width;
      edge(a, hj + j * width, cp, sp, ROW(own, ij), 1, ROW(pre, ij), ROW(act, ij), ROW(rounded, ij), width);
      edge(hi + j * width, b, cp, sp, ROW(own, ji), -1, ROW(pre, ji), ROW(act, ji), ROW(rounded, ji), width);
    }
  }
#undef ROW
}

EVERYWHERE void frieze_edges_backward(const float *restrict pre, float *restrict gradient, float *restrict dhi,
                                      float *restrict dhj, float *restrict dc, float *restrict ds, float *restrict dself,
                                      size_t m, size_t width) {
  for (size_t i = 0; i < m * m * width; ++i) {
    float s = sigmoid(pre[i]);
    gradient[i] *= s * (1.0f + pre[i] * (1.0f - s));
  }
  size_t pair = 0;
  for (size_t i = 0; i < m; ++i) {
    const float *gii = gradient + (i * m + i) * width;
    for (size_t k = 0; k < width; ++k) {
      dhi[i * width + k] += gii[k];
      dhj[i * width + k] += gii[k];
      dself[k] += gii[k];
    }
    for (size_t j = i + 1; j < m; ++j, ++pair) {
      const float *gij = gradient + (i * m + j) * width, *gji = gradient + (j * m + i) * width;
      for (size_t k = 0; k < width; ++k) {
        float a = gij[k], b = gji[k];
        dhi[i * width + k] += a;
        dhj[j * width + k] += a;
        dhi[j * width + k] += b;
        dhj[i * width + k] += b;
        dc[pair * width + k] = a + b;
        ds[pair * width + k] = a - b;
      }
    }
  }
}

EVERYWHERE void frieze_edge_mean(const float *restrict pre, const float *restrict bias, float *restrict out, size_t centers,
                                 size_t m, size_t width, size_t out_stride) {
  float scale = 1.0f / (float)m;
  for (size_t i = 0; i < centers; ++i) {
    float *restrict row = out + i * out_stride;
    for (size_t k = 0; k < width; ++k) row[k] = 0;
    for (size_t j = 0; j < m; ++j) {
      const float *restrict message = pre + (i * m + j) * width;
      for (size_t k = 0; k < width; ++k) {
        float x = message[k] + bias[k];
        row[k] += x * sigmoid(x);
      }
    }
    for (size_t k = 0; k < width; ++k) row[k] *= scale;
  }
}

EVERYWHERE void frieze_edge_mean_backward(const float *restrict pre, const float *restrict bias, const float *restrict dout,
                                          float *restrict gradient, size_t m, size_t width, size_t dout_stride) {
  float scale = 1.0f / (float)m;
  for (size_t i = 0; i < m; ++i)
    for (size_t j = 0; j < m; ++j) {
      const float *restrict message = pre + (i * m + j) * width;
      float *restrict g = gradient + (i * m + j) * width;
      for (size_t k = 0; k < width; ++k) {
        float x = message[k] + bias[k];
        float s = sigmoid(x);
        g[k] = dout[i * dout_stride + k] * scale * s * (1.0f + x * (1.0f - s));
      }
    }
}

EVERYWHERE void frieze_adam(float *restrict parameters, const float *restrict gradient, float *restrict m, float *restrict v,
                            size_t count, float rate, float beta1, float beta2, float correction1, float correction2,
                            float epsilon, float decay, float scale) {
  float step = rate / correction1, root = 1.0f / __builtin_sqrtf(correction2), keep = 1.0f - rate * decay;
  for (size_t i = 0; i < count; ++i) {
    float g = gradient[i] * scale;
    float mi = beta1 * m[i] + (1.0f - beta1) * g;
    float vi = beta2 * v[i] + (1.0f - beta2) * g * g;
    m[i] = mi;
    v[i] = vi;
    parameters[i] = parameters[i] * keep - step * mi / (__builtin_sqrtf(vi) * root + epsilon);
  }
}

EVERYWHERE void frieze_moving_average(float *restrict average, const float *restrict parameters, size_t count, float decay) {
  for (size_t i = 0; i < count; ++i) average[i] += (parameters[i] - average[i]) * (1.0f - decay);
}

EVERYWHERE double frieze_squared_norm(const float *restrict x, size_t count) {
  double total = 0;
  for (size_t start = 0; start < count; start += 1024) {
    size_t n = count - start < 1024 ? count - start : 1024;
    float lanes[16] = {0};
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
      for (size_t l = 0; l < 16; ++l) lanes[l] += x[start + i + l] * x[start + i + l];
    for (; i < n; ++i) lanes[0] += x[start + i] * x[start + i];
    for (size_t l = 0; l < 16; ++l) total += lanes[l];
  }
  return total;
}

EVERYWHERE void frieze_philox(uint64_t key, uint64_t stream, uint64_t start, uint32_t *restrict out, size_t blocks) {
  for (size_t b = 0; b < blocks; ++b) {
    uint64_t counter = start + b;
    uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32), c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; ++round) {
      uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
      uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
      c1 = (uint32_t)p1;
      c3 = (uint32_t)p0;
      c0 = n0;
      c2 = n2;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    out[4 * b] = c0;
    out[4 * b + 1] = c1;
    out[4 * b + 2] = c2;
    out[4 * b + 3] = c3;
  }
}

EVERYWHERE void frieze_normal(const uint32_t *restrict words, float *restrict out, size_t count) {
  size_t half = count / 2;
  for (size_t i = 0; i < half; ++i) {
    float u = ((float)(words[i] >> 8) + 0.5f) * 0x1p-24f;
    float v = ((float)(words[half + i] >> 8) + 0.5f) * 0x1p-24f - 0.5f;
    float radius = __builtin_sqrtf(-2.0f * logarithm(u));
    float s, c;
    sine_cosine(v, &s, &c);
    out[i] = radius * c;
    out[half + i] = radius * s;
  }
}
