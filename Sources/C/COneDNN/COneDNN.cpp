#include "COneDNN.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <unordered_map>
#include <vector>

#include "Library.h"

using namespace onednn;

#define EVERYWHERE __attribute__((target_clones("avx512f", "arch=haswell", "default")))

// Rows of a product are done in blocks, so that only a few shapes of kernels are ever made whatever the batch.
static const size_t blockRows = 512, fullRows = 64, tailRows = 16;

static inline __attribute__((always_inline)) uint16_t rounded(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint32_t up = bits + 0x7FFFu + ((bits >> 16) & 1u);
  return (uint16_t)(((bits & 0x7FFFFFFFu) > 0x7F800000u ? bits | 0x400000u : up) >> 16);
}

extern "C" EVERYWHERE void frieze_round_bfloat16(const float *__restrict x, uint16_t *__restrict out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = rounded(x[i]);
}

struct frieze_packed {
  Type type;
  size_t inner, columns, number;
  /// Owns the description of the packed weights.
  void *plan = nullptr;
  const void *description = nullptr;
  void *values = nullptr;

  ~frieze_packed() {
    if (plan) library().dnnl_primitive_desc_destroy(plan);
    free(values);
  }
};

namespace {

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

Bench &bench() {
  static thread_local Bench *own = nullptr;
  if (!own) {
    own = new Bench();
    if (library().omp_set_num_threads) library().omp_set_num_threads(1);
    library().dnnl_stream_create(&own->stream, library().engine, inOrder);
  }
  return *own;
}

/// Whether a plan is the library's reference implementation.
bool isSlow(const void *plan) {
  const char *name = nullptr;
  return library().dnnl_primitive_desc_query(plan, implementation, 0, &name) != 0 || !name || strstr(name, "ref");
}

Status make(const Shape &s, const frieze_packed *packed, Ready &ready) {
  const Library &l = library();
  const Type type = packed ? packed->type : bfloat16;
  int64_t sa[2] = {(int64_t)s.a_stride, 1}, sb[2] = {(int64_t)s.b_stride, 1};
  const int64_t sc[2] = {(int64_t)s.c_stride, 1};
  if (s.a_transposed) std::swap(sa[0], sa[1]);
  if (s.b_transposed) std::swap(sb[0], sb[1]);
  Description a, b, c;
  Status status = a.make(s.m, s.k, type, sa);
  if (status == 0 && !packed) status = b.make(s.k, s.n, type, sb);
  if (status == 0) status = c.make(s.m, s.n, float32, sc);
  const void *weightsAre = packed ? packed->description : b.pointer();
  void *plan = nullptr;
  if (status == 0) status = l.plan(&plan, a.pointer(), weightsAre, c.pointer(), s.accumulate);
  if (status == 0 && packed && isSlow(plan)) {
    l.dnnl_primitive_desc_destroy(plan);
    return 0;
  }
  if (status == 0) status = l.dnnl_primitive_create(&ready.primitive, plan);
  if (status == 0) status = l.dnnl_memory_create(&ready.a, a.pointer(), l.engine, nullptr);
  if (status == 0) status = l.dnnl_memory_create(&ready.b, weightsAre, l.engine, nullptr);
  if (status == 0) status = l.dnnl_memory_create(&ready.c, c.pointer(), l.engine, nullptr);
  if (plan) l.dnnl_primitive_desc_destroy(plan);
  return status;
}

/// What `multiply` returns where the library has no fast kernel for a shape; nothing was done.
static const Status tooSlow = -1;

Status multiply(Bench &own, const Shape &shape, const frieze_packed *packed, const void *a, const void *b, float *c) {
  const Library &l = library();
  auto found = own.products.find(shape);
  if (found == own.products.end()) {
    Ready ready;
    Status status = make(shape, packed, ready);
    if (status != 0) return status;
    found = own.products.emplace(shape, ready).first;
  }
  const Ready &ready = found->second;
  if (!ready.primitive) return tooSlow;
  l.dnnl_memory_set_data_handle(ready.a, const_cast<void *>(a));
  l.dnnl_memory_set_data_handle(ready.b, const_cast<void *>(b));
  l.dnnl_memory_set_data_handle(ready.c, c);
  const ExecutionArgument arguments[3] = {{source, ready.a}, {weights, ready.b}, {destination, ready.c}};
  Status status = l.dnnl_primitive_execute(ready.primitive, own.stream, 3, arguments);
  return status == 0 ? l.dnnl_stream_wait(own.stream) : status;
}

/// Rounds rows of x to packed rows; what `padded` has beyond `rows` becomes zero.
const uint16_t *pack(std::vector<uint16_t> &out, const float *x, size_t stride, size_t rows, size_t columns, size_t padded) {
  if (out.size() < padded * columns) out.resize(padded * columns);
  if (stride == columns) {
    frieze_round_bfloat16(x, out.data(), rows * columns);
  } else {
    for (size_t r = 0; r < rows; ++r) frieze_round_bfloat16(x + r * stride, out.data() + r * columns, columns);
  }
  std::fill(out.begin() + rows * columns, out.begin() + padded * columns, uint16_t(0));
  return out.data();
}

size_t up(size_t x, size_t step) { return (x + step - 1) / step * step; }

/// Rows of a scratch block to their place, or added to what is there.
void place(const float *from, size_t rows, size_t columns, float *y, size_t y_stride, bool accumulate) {
  for (size_t r = 0; r < rows; ++r) {
    if (accumulate)
      for (size_t k = 0; k < columns; ++k) y[r * y_stride + k] += from[r * columns + k];
    else
      memcpy(y + r * y_stride, from + r * columns, columns * sizeof(float));
  }
}

}  // namespace

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

extern "C" frieze_packed *frieze_pack(const float *values, const uint16_t *bits, size_t inner, size_t columns) {
  if (frieze_onednn_missing()) return nullptr;
  const Library &l = library();
  static std::atomic<size_t> packs{0};
  frieze_packed *packed = new frieze_packed{bits ? bfloat16 : float32, inner, columns, ++packs};
  Bench &own = bench();
  const int64_t sa[2] = {(int64_t)inner, 1}, sb[2] = {(int64_t)columns, 1};
  Description a, b, c, plain;
  Status status = a.make(tailRows, inner, packed->type, sa);
  if (status == 0) status = b.make(inner, columns, packed->type, nullptr);
  if (status == 0) status = c.make(tailRows, columns, float32, sb);
  if (status == 0) status = plain.make(inner, columns, packed->type, sb);
  if (status == 0) status = l.plan(&packed->plan, a.pointer(), b.pointer(), c.pointer(), false);
  if (status == 0) packed->description = l.dnnl_primitive_desc_query_md(packed->plan, weightsDescription, 0);
  bool usable = status == 0 && packed->description && !isSlow(packed->plan);
  if (usable) {
    packed->values = aligned_alloc(64, up(l.dnnl_memory_desc_get_size(packed->description), 64));
    void *plan = nullptr, *primitive = nullptr, *from = nullptr, *to = nullptr;
    const void *given = bits ? (const void *)bits : values;
    status = l.dnnl_reorder_primitive_desc_create(&plan, plain.pointer(), l.engine, packed->description, l.engine, nullptr);
    if (status == 0) status = l.dnnl_primitive_create(&primitive, plan);
    if (status == 0) status = l.dnnl_memory_create(&from, plain.pointer(), l.engine, const_cast<void *>(given));
    if (status == 0) status = l.dnnl_memory_create(&to, packed->description, l.engine, packed->values);
    const ExecutionArgument arguments[2] = {{source, from}, {destination, to}};
    if (status == 0) status = l.dnnl_primitive_execute(primitive, own.stream, 2, arguments);
    if (status == 0) status = l.dnnl_stream_wait(own.stream);
    if (from) l.dnnl_memory_destroy(from);
    if (to) l.dnnl_memory_destroy(to);
    if (primitive) l.dnnl_primitive_destroy(primitive);
    if (plan) l.dnnl_primitive_desc_destroy(plan);
    usable = status == 0;
  }
  if (usable) return packed;
  delete packed;
  return nullptr;
}

extern "C" void frieze_packed_free(frieze_packed *packed) { delete packed; }

extern "C" int frieze_packed_product(frieze_rows x, const frieze_packed *w, float *y, size_t y_stride, size_t rows,
                                     int accumulate) {
  Bench &own = bench();
  const size_t inner = w->inner, columns = w->columns, size = w->type == bfloat16 ? 2 : 4;
  const char *a = (const char *)(w->type == float32 ? (const void *)x.values : x.rounded);
  size_t stride = x.stride;
  if (!a) {
    a = (const char *)pack(own.x, x.values, x.stride, rows, inner, rows);
    stride = inner;
  }
  else if (stride != inner) {
    // Rows with gaps have slow kernels only, or fast ones for few rows at a time, which read all weights for each.
    own.values.resize(rows * inner);
    for (size_t r = 0; r < rows; ++r) memcpy((char *)own.values.data() + size * r * inner, a + size * r * stride, size * inner);
    a = (const char *)own.values.data();
    stride = inner;
  }
  size_t start = 0;
  // 512, 256 … 16 rows: six shapes of kernels for any number of rows.
  for (size_t block = blockRows; block >= tailRows; block /= 2)
    while (rows - start >= block) {
      Shape shape{block, columns, inner, stride, columns, y_stride, false, false, accumulate != 0, w->number};
      Status status = multiply(own, shape, w, a + size * start * stride, w->values, y + start * y_stride);
      if (status == tooSlow) break;
      if (status) return status;
      start += block;
    }
  // What is left goes through a block of its own without gaps, a shape that `frieze_pack` has seen to be fast.
  own.tail.resize(tailRows * columns);
  own.last.resize(tailRows * inner);
  char *block = (char *)own.last.data();
  for (; start < rows; start += tailRows) {
    size_t rest = std::min(tailRows, rows - start);
    memset(block, 0, size * tailRows * inner);
    for (size_t r = 0; r < rest; ++r) memcpy(block + size * r * inner, a + size * (start + r) * stride, size * inner);
    Shape shape{tailRows, columns, inner, inner, columns, columns, false, false, false, w->number};
    if (Status status = multiply(own, shape, w, block, w->values, own.tail.data())) return status;
    place(own.tail.data(), rest, columns, y + start * y_stride, y_stride, accumulate != 0);
  }
  return 0;
}
