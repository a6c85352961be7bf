#include "CKernels.h"
#include "elementary.h"

// Message passing with parameters that stay as they are: a few crystals at a time, so that what lies between two products stays in
// the second-level cache, and with everything element-wise in the pass that touches the numbers anyway.

EVERYWHERE void frieze_silu_in_place(float *restrict x, const float *restrict bias, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < columns; ++k) {
      float y = x[r * columns + k] + bias[k];
      x[r * columns + k] = y * sigmoid(y);
    }
}

EVERYWHERE void frieze_silu_add(const float *restrict x, const float *restrict bias, float *restrict h, size_t h_stride,
                                size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; ++r)
    for (size_t k = 0; k < columns; ++k) {
      float y = x[r * columns + k] + bias[k];
      h[r * h_stride + k] += y * sigmoid(y);
    }
}

// silu(a + b + c), c may be absent.
INLINE void message(const float *restrict a, const float *restrict b, const float *restrict c, const float *restrict tie,
                    float *restrict act, uint16_t *restrict rounded, size_t width) {
  if (rounded)
    for (size_t k = 0; k < width; ++k) {
      float x = a[k] + b[k] + c[k] + (tie ? tie[k] : 0.0f);
      rounded[k] = rounded_bits(x * sigmoid(x));
    }
  else
    for (size_t k = 0; k < width; ++k) {
      float x = a[k] + b[k] + c[k] + (tie ? tie[k] : 0.0f);
      act[k] = x * sigmoid(x);
    }
}

// What an edge's own few numbers add: nothing, a row of weights as it is, or a sum in `scratch`.
INLINE const float *features(const float *restrict x, const float *restrict weights, size_t count, size_t width,
                             float *restrict scratch) {
  const float *only = 0;
  size_t found = 0;
  for (size_t d = 0; d < count; ++d) {
    if (x[d] == 0.0f) continue;
    only = x[d] == 1.0f && !found ? weights + d * width : 0;
    ++found;
  }
  if (!found || only) return only;
  for (size_t k = 0; k < width; ++k) scratch[k] = 0;
  for (size_t d = 0; d < count; ++d)
    for (size_t k = 0; k < width; ++k) scratch[k] += x[d] * weights[d * width + k];
  return scratch;
}

EVERYWHERE void frieze_messages(frieze_message_inputs in, float *restrict act, uint16_t *restrict rounded, size_t from, size_t to,
                                size_t m, size_t width) {
  size_t row = 0, d = in.features;
  for (size_t i = from; i < to; ++i)
    for (size_t j = 0; j < m; ++j, ++row) {
      // Pairs (low, high) are numbered row by row of the upper triangle.
      size_t low = i < j ? i : j, high = i < j ? j : i, pair = low * m - low * (low + 1) / 2 + high - low - 1;
      const float *fourier = i == j ? in.self : (i < j ? in.forward : in.backward) + pair * width;
      const float *own = d ? features(in.edges + (i * m + j) * d, in.weights, d, width, in.scratch) : 0;
      message(in.center + i * in.stride, in.neighbor + j * in.stride, fourier, own, act ? act + row * width : 0,
              rounded ? rounded + row * width : 0, width);
    }
}

EVERYWHERE void frieze_linear_lookup(const uint16_t *restrict table, size_t intervals, const float *restrict difference,
                                     float *restrict forward, float *restrict backward, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; ++r) {
    float *restrict p = forward + r * width, *restrict q = backward + r * width;
    for (size_t axis = 0; axis < 3; ++axis) {
      float d = difference[3 * r + axis];
      d -= __builtin_rintf(d);
      float sign = d < 0 ? -1.0f : 1.0f, place = 2.0f * (float)intervals * d * sign;
      size_t i = (size_t)place;
      i = i < intervals ? i : intervals - 1;
      float f = place - (float)i, g = 1.0f - f, sf = sign * f, sg = sign * g;
      const uint16_t *restrict low = table + (axis * (intervals + 1) + i) * 2 * width, *restrict high = low + 2 * width;
      int first = axis == 0;
      for (size_t k = 0; k < width; ++k) {
        float c = g * from_bits(low[k]) + f * from_bits(high[k]);
        float s = sg * from_bits(low[width + k]) + sf * from_bits(high[width + k]);
        p[k] = (first ? 0.0f : p[k]) + c + s;
        q[k] = (first ? 0.0f : q[k]) + c - s;
      }
    }
  }
}

// 64 columns of a row: four accumulators of 16 stay in registers.
#define LANES 64

INLINE void gather(const float *restrict table, const uint32_t *restrict rows, const float *restrict weights, size_t taps, size_t width,
                   size_t lanes, float *restrict out) {
  float sum[LANES];
  for (size_t l = 0; l < lanes; ++l) sum[l] = 0;
  for (size_t t = 0; t < taps; ++t) {
    const float *restrict row = table + (size_t)rows[t] * width;
    float w = weights[t];
    for (size_t l = 0; l < lanes; ++l) sum[l] += w * row[l];
  }
  for (size_t l = 0; l < lanes; ++l) out[l] = sum[l];
}

EVERYWHERE void frieze_periodic_lookup(const float *restrict table, const float *restrict kernel, size_t points, size_t taps, size_t steps,
                                       const float *restrict difference, float *restrict forward, float *restrict backward,
                                       size_t rows, size_t width) {
  uint32_t at[2][3 * FRIEZE_LARGEST_TAPS];
  float weight[2][3 * FRIEZE_LARGEST_TAPS];
  for (size_t r = 0; r < rows; ++r) {
    for (size_t way = 0; way < 2; ++way)
      for (size_t axis = 0; axis < 3; ++axis) {
        // The nearest of the table's points; as many taps lie before it as behind it.
        float d = way ? -difference[3 * r + axis] : difference[3 * r + axis];
        d -= __builtin_floorf(d);
        float x = d * (float)points + 0.5f;
        size_t cell = (size_t)x;
        float place = (x - (float)cell) * (float)steps;
        size_t step = (size_t)place;
        step = step < steps ? step : steps - 1;
        float f = place - (float)step;
        const float *restrict low = kernel + step * taps, *restrict high = low + taps;
        size_t first = cell + points - taps / 2;
        for (size_t t = 0; t < taps; ++t) {
          weight[way][axis * taps + t] = low[t] + f * (high[t] - low[t]);
          at[way][axis * taps + t] = (uint32_t)(axis * points + (first + t) % points);
        }
      }
    size_t k = 0;
    for (; k + LANES <= width; k += LANES) {
      gather(table + k, at[0], weight[0], 3 * taps, width, LANES, forward + r * width + k);
      gather(table + k, at[1], weight[1], 3 * taps, width, LANES, backward + r * width + k);
    }
    if (k < width) {
      gather(table + k, at[0], weight[0], 3 * taps, width, width - k, forward + r * width + k);
      gather(table + k, at[1], weight[1], 3 * taps, width, width - k, backward + r * width + k);
    }
  }
}
