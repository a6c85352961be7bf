#include "COneDNN.h"

#include <algorithm>
#include <cstring>

#include "Products.h"

using namespace onednn;

#define EVERYWHERE __attribute__((target_clones("avx512f", "arch=x86-64-v3", "default")))

static inline __attribute__((always_inline)) uint16_t rounded(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint32_t up = bits + 0x7FFFu + ((bits >> 16) & 1u);
  return (uint16_t)(((bits & 0x7FFFFFFFu) > 0x7F800000u ? bits | 0x400000u : up) >> 16);
}

extern "C" EVERYWHERE void frieze_round_bfloat16(const float *__restrict x, uint16_t *__restrict out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = rounded(x[i]);
}

extern "C" const char *frieze_onednn_missing(void) {
  return library().missing.empty() ? nullptr : library().missing.c_str();
}

extern "C" const char *frieze_bfloat16_missing(void) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx512bf16")) return "the processor has no bfloat16 instructions";
#endif
  return frieze_onednn_missing();
}

extern "C" const char *frieze_onednn_version(void) {
  return library().version.empty() ? nullptr : library().version.c_str();
}

extern "C" int frieze_bfloat16_product(frieze_rows x, const uint16_t *w, size_t w_stride, int transposed, float *y,
                                       size_t y_stride, size_t rows, size_t inner, size_t columns, int accumulate) {
  Bench &own = bench();
  for (size_t start = 0; start < rows; start += blockRows) {
    size_t n = std::min(blockRows, rows - start), whole = n / fullRows * fullRows, rest = n - whole;
    size_t a_stride = x.rounded ? x.stride : inner;
    const uint16_t *a = x.rounded ? x.rounded + start * x.stride
                                  : pack(own.x, x.values + start * x.stride, x.stride, n, inner, whole + up(rest, tailRows));
    if (whole) {
      Shape shape{whole, columns, inner, a_stride, w_stride, y_stride, false, transposed != 0, accumulate != 0};
      if (Status status = multiply(own, shape, nullptr, a, w, y + start * y_stride)) return status;
    }
    if (!rest) continue;
    // The last rows go through a block of their own, as y has no room for the padding.
    own.tail.resize(fullRows * columns);
    Shape shape{up(rest, tailRows), columns, inner, a_stride, w_stride, columns, false, transposed != 0, false};
    if (Status status = multiply(own, shape, nullptr, a + whole * a_stride, w, own.tail.data())) return status;
    place(own.tail.data(), rest, columns, y + (start + whole) * y_stride, y_stride, accumulate != 0);
  }
  return 0;
}

extern "C" int frieze_bfloat16_gradient(frieze_rows x, const float *g, size_t g_stride, float *dw, size_t rows, size_t inputs,
                                        size_t outputs) {
  Bench &own = bench();
  for (size_t start = 0; start < rows; start += blockRows) {
    size_t n = std::min(blockRows, rows - start), padded = up(n, fullRows), a_stride = x.rounded ? x.stride : inputs;
    const uint16_t *a = x.rounded ? x.rounded + start * x.stride
                                  : pack(own.x, x.values + start * x.stride, x.stride, n, inputs, padded);
    const uint16_t *b = pack(own.g, g + start * g_stride, g_stride, n, outputs, padded);
    Shape shape{inputs, outputs, padded, a_stride, outputs, outputs, true, false, true};
    if (Status status = multiply(own, shape, nullptr, a, b, dw)) return status;
  }
  return 0;
}
