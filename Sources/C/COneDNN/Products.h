#ifndef FRIEZE_ONEDNN_PRODUCTS_H
#define FRIEZE_ONEDNN_PRODUCTS_H

#include <cstdint>
#include <cstdlib>
#include <unordered_map>
#include <vector>

#include "COneDNN.h"
#include "Library.h"

struct frieze_packed {
  onednn::Type type;
  size_t inner, columns, number;
  /// Owns the description of the packed weights.
  void *plan = nullptr;
  const void *description = nullptr;
  void *values = nullptr;

  ~frieze_packed() {
    if (plan) onednn::library().dnnl_primitive_desc_destroy(plan);
    free(values);
  }
};

namespace onednn {

// Rows of a product are done in blocks, so that only a few shapes of kernels are ever made whatever the batch.
static const size_t blockRows = 512, fullRows = 64, tailRows = 16;

/// One shape of product: c (m, n) = a (m, k) b (k, n), or c += a b; b plain, or packed under a number.
struct Shape {
  size_t m, n, k, a_stride, b_stride, c_stride;
  bool a_transposed, b_transposed, accumulate;
  size_t packed = 0;
  bool operator==(const Shape &o) const {
    return m == o.m && n == o.n && k == o.k && a_stride == o.a_stride && b_stride == o.b_stride && c_stride == o.c_stride
           && a_transposed == o.a_transposed && b_transposed == o.b_transposed && accumulate == o.accumulate
           && packed == o.packed;
  }
};

struct ShapeHash {
  size_t operator()(const Shape &s) const {
    size_t h = 0;
    for (size_t x : {s.m, s.n, s.k, s.a_stride, s.b_stride, s.c_stride, s.packed,
                     size_t(s.a_transposed) * 4 + size_t(s.b_transposed) * 2 + size_t(s.accumulate)})
      h = h * 0x9E3779B97F4A7C15u + x + (h >> 29);
    return h;
  }
};

/// A product ready to run, and its three operands; without a primitive where the library has only its reference implementation,
/// which is correct and hundreds of times slower.
struct Ready {
  void *primitive = nullptr, *a = nullptr, *b = nullptr, *c = nullptr;
};

/// What a thread owns; kept as long as the process.
struct Bench {
  void *stream = nullptr;
  std::unordered_map<Shape, Ready, ShapeHash> products;
  std::vector<uint16_t> x, g;
  std::vector<float> tail, values, last;
};

/// The calling thread's own.
Bench &bench();

/// Whether a plan is the library's reference implementation.
bool isSlow(const void *plan);

/// Whether a plan is a general product that packs the weights at every call, as float32 is done without 512-bit vectors: nothing is gained by
/// keeping them packed, and OpenBLAS cuts such products better (Pipelines/RESULTS.md, "Speed").
bool packsAnew(const void *plan);

/// What `multiply` returns where the library has no fast kernel for a shape; nothing was done.
static const Status tooSlow = -1;

/// One product of a shape, made ready where it is the first.
Status multiply(Bench &own, const Shape &shape, const frieze_packed *packed, const void *a, const void *b, float *c);

/// Rounds rows of x to packed rows; what `padded` has beyond `rows` becomes zero.
const uint16_t *pack(std::vector<uint16_t> &out, const float *x, size_t stride, size_t rows, size_t columns, size_t padded);

/// Rows of a scratch block to their place, or added to what is there.
void place(const float *from, size_t rows, size_t columns, float *y, size_t y_stride, bool accumulate);

inline size_t up(size_t x, size_t step) { return (x + step - 1) / step * step; }

}  // namespace onednn

#endif
