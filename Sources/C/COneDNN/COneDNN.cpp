#include "COneDNN.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <string>
#include <unordered_map>
#include <vector>

#if __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#define HAS_HEADERS 1
#endif

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

#if HAS_HEADERS && defined(__x86_64__)

namespace {

/// The functions of the library that are called, by name.
struct Library {
  void *handle = nullptr;
  std::string missing, version;
#define CALL(name) decltype(&::name) name = nullptr;
#define CALLS                                                                                                              \
  CALL(dnnl_version)                                                                                                       \
  CALL(dnnl_engine_create)                                                                                                 \
  CALL(dnnl_stream_create)                                                                                                 \
  CALL(dnnl_stream_wait)                                                                                                   \
  CALL(dnnl_primitive_attr_create)                                                                                         \
  CALL(dnnl_primitive_attr_destroy)                                                                                        \
  CALL(dnnl_primitive_attr_set_post_ops)                                                                                   \
  CALL(dnnl_post_ops_create)                                                                                               \
  CALL(dnnl_post_ops_destroy)                                                                                              \
  CALL(dnnl_post_ops_append_sum)                                                                                           \
  CALL(dnnl_primitive_desc_destroy)                                                                                        \
  CALL(dnnl_primitive_create)                                                                                              \
  CALL(dnnl_primitive_execute)                                                                                             \
  CALL(dnnl_memory_create)                                                                                                 \
  CALL(dnnl_memory_set_data_handle)
#if DNNL_VERSION_MAJOR >= 3
#define VERSIONED                                                                                                          \
  CALL(dnnl_memory_desc_create_with_strides)                                                                               \
  CALL(dnnl_memory_desc_destroy)                                                                                           \
  CALL(dnnl_matmul_primitive_desc_create)
#else
#define VERSIONED                                                                                                          \
  CALL(dnnl_memory_desc_init_by_strides)                                                                                   \
  CALL(dnnl_matmul_desc_init)                                                                                              \
  CALL(dnnl_primitive_desc_create)
#endif
  CALLS VERSIONED
#undef CALL
  /// The OpenMP runtime's, where the library uses one: each calling thread works alone.
  void (*omp_set_num_threads)(int) = nullptr;
  dnnl_engine_t engine = nullptr;

  Library() {
    if (!__builtin_cpu_supports("avx512bf16")) {
      missing = "the processor has no bfloat16 instructions";
      return;
    }
    std::string name = "libdnnl.so." + std::to_string(DNNL_VERSION_MAJOR);
    handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
      missing = "oneDNN (" + name + ") is not installed";
      return;
    }
    bool complete = true;
#define CALL(name) complete &= (name = reinterpret_cast<decltype(name)>(dlsym(handle, #name))) != nullptr;
    CALLS VERSIONED
#undef CALL
    omp_set_num_threads = reinterpret_cast<void (*)(int)>(dlsym(handle, "omp_set_num_threads"));
    if (!complete || dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success) {
      missing = "oneDNN (" + name + ") is not as its headers say";
      return;
    }
    const dnnl_version_t *v = dnnl_version();
    version = std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
  }
};

const Library &library() {
  static const Library *loaded = new Library();
  return *loaded;
}

/// One shape of product: c (m, n) = a (m, k) b (k, n), or c += a b.
struct Shape {
  size_t m, n, k, a_stride, b_stride, c_stride;
  bool a_transposed, b_transposed, accumulate;
  bool operator==(const Shape &o) const {
    return m == o.m && n == o.n && k == o.k && a_stride == o.a_stride && b_stride == o.b_stride && c_stride == o.c_stride
           && a_transposed == o.a_transposed && b_transposed == o.b_transposed && accumulate == o.accumulate;
  }
};

struct ShapeHash {
  size_t operator()(const Shape &s) const {
    size_t h = 0;
    for (size_t x : {s.m, s.n, s.k, s.a_stride, s.b_stride, s.c_stride,
                     size_t(s.a_transposed) * 4 + size_t(s.b_transposed) * 2 + size_t(s.accumulate)})
      h = h * 0x9E3779B97F4A7C15u + x + (h >> 29);
    return h;
  }
};

/// A product ready to run, and its three operands.
struct Ready {
  dnnl_primitive_t primitive = nullptr;
  dnnl_memory_t a = nullptr, b = nullptr, c = nullptr;
};

/// What a thread owns; kept as long as the process.
struct Bench {
  dnnl_stream_t stream = nullptr;
  std::unordered_map<Shape, Ready, ShapeHash> products;
  std::vector<uint16_t> x, g;
  std::vector<float> tail;
};

Bench &bench() {
  static thread_local Bench *own = nullptr;
  if (!own) {
    own = new Bench();
    if (library().omp_set_num_threads) library().omp_set_num_threads(1);
    library().dnnl_stream_create(&own->stream, library().engine, dnnl_stream_default_flags);
  }
  return *own;
}

dnnl_status_t make(const Shape &s, Ready &ready) {
  const Library &l = library();
  dnnl_dims_t da = {(int64_t)s.m, (int64_t)s.k}, db = {(int64_t)s.k, (int64_t)s.n}, dc = {(int64_t)s.m, (int64_t)s.n};
  dnnl_dims_t sa = {(int64_t)s.a_stride, 1}, sb = {(int64_t)s.b_stride, 1}, sc = {(int64_t)s.c_stride, 1};
  if (s.a_transposed) std::swap(sa[0], sa[1]);
  if (s.b_transposed) std::swap(sb[0], sb[1]);
  dnnl_primitive_attr_t attributes = nullptr;
  dnnl_status_t status = l.dnnl_primitive_attr_create(&attributes);
  if (status == dnnl_success && s.accumulate) {
    dnnl_post_ops_t sum = nullptr;
    status = l.dnnl_post_ops_create(&sum);
#if DNNL_VERSION_MAJOR >= 3
    if (status == dnnl_success) status = l.dnnl_post_ops_append_sum(sum, 1, 0, dnnl_data_type_undef);
#else
    if (status == dnnl_success) status = l.dnnl_post_ops_append_sum(sum, 1);
#endif
    if (status == dnnl_success) status = l.dnnl_primitive_attr_set_post_ops(attributes, sum);
    if (sum) l.dnnl_post_ops_destroy(sum);
  }
  dnnl_primitive_desc_t description = nullptr;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_memory_desc_t a = nullptr, b = nullptr, c = nullptr;
  if (status == dnnl_success) status = l.dnnl_memory_desc_create_with_strides(&a, 2, da, dnnl_bf16, sa);
  if (status == dnnl_success) status = l.dnnl_memory_desc_create_with_strides(&b, 2, db, dnnl_bf16, sb);
  if (status == dnnl_success) status = l.dnnl_memory_desc_create_with_strides(&c, 2, dc, dnnl_f32, sc);
  if (status == dnnl_success)
    status = l.dnnl_matmul_primitive_desc_create(&description, l.engine, a, b, nullptr, c, attributes);
#define AT(x) x
#else
  dnnl_memory_desc_t a, b, c;
  if (status == dnnl_success) status = l.dnnl_memory_desc_init_by_strides(&a, 2, da, dnnl_bf16, sa);
  if (status == dnnl_success) status = l.dnnl_memory_desc_init_by_strides(&b, 2, db, dnnl_bf16, sb);
  if (status == dnnl_success) status = l.dnnl_memory_desc_init_by_strides(&c, 2, dc, dnnl_f32, sc);
  dnnl_matmul_desc_t product;
  if (status == dnnl_success) status = l.dnnl_matmul_desc_init(&product, &a, &b, nullptr, &c);
  if (status == dnnl_success)
    status = l.dnnl_primitive_desc_create(&description, &product, attributes, l.engine, nullptr);
#define AT(x) &x
#endif
  if (status == dnnl_success) status = l.dnnl_primitive_create(&ready.primitive, description);
  if (status == dnnl_success) status = l.dnnl_memory_create(&ready.a, AT(a), l.engine, DNNL_MEMORY_NONE);
  if (status == dnnl_success) status = l.dnnl_memory_create(&ready.b, AT(b), l.engine, DNNL_MEMORY_NONE);
  if (status == dnnl_success) status = l.dnnl_memory_create(&ready.c, AT(c), l.engine, DNNL_MEMORY_NONE);
#undef AT
#if DNNL_VERSION_MAJOR >= 3
  for (dnnl_memory_desc_t d : {a, b, c}) if (d) l.dnnl_memory_desc_destroy(d);
#endif
  if (description) l.dnnl_primitive_desc_destroy(description);
  if (attributes) l.dnnl_primitive_attr_destroy(attributes);
  return status;
}

dnnl_status_t multiply(Bench &own, const Shape &shape, const uint16_t *a, const uint16_t *b, float *c) {
  const Library &l = library();
  auto found = own.products.find(shape);
  if (found == own.products.end()) {
    Ready ready;
    dnnl_status_t status = make(shape, ready);
    if (status != dnnl_success) return status;
    found = own.products.emplace(shape, ready).first;
  }
  const Ready &ready = found->second;
  l.dnnl_memory_set_data_handle(ready.a, const_cast<uint16_t *>(a));
  l.dnnl_memory_set_data_handle(ready.b, const_cast<uint16_t *>(b));
  l.dnnl_memory_set_data_handle(ready.c, c);
  const dnnl_exec_arg_t arguments[3] = {
      {DNNL_ARG_SRC, ready.a}, {DNNL_ARG_WEIGHTS, ready.b}, {DNNL_ARG_DST, ready.c}};
  dnnl_status_t status = l.dnnl_primitive_execute(ready.primitive, own.stream, 3, arguments);
  return status == dnnl_success ? l.dnnl_stream_wait(own.stream) : status;
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

}  // namespace

extern "C" const char *frieze_onednn_missing(void) {
  return library().missing.empty() ? nullptr : library().missing.c_str();
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
      if (dnnl_status_t status = multiply(own, shape, a, w, y + start * y_stride)) return status;
    }
    if (!rest) continue;
    // The last rows go through a block of their own, as y has no room for the padding.
    own.tail.resize(fullRows * columns);
    Shape shape{up(rest, tailRows), columns, inner, a_stride, w_stride, columns, false, transposed != 0, false};
    if (dnnl_status_t status = multiply(own, shape, a + whole * a_stride, w, own.tail.data())) return status;
    for (size_t r = 0; r < rest; ++r) {
      float *row = y + (start + whole + r) * y_stride;
      const float *from = own.tail.data() + r * columns;
      if (accumulate)
        for (size_t k = 0; k < columns; ++k) row[k] += from[k];
      else
        memcpy(row, from, columns * sizeof(float));
    }
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
    if (dnnl_status_t status = multiply(own, shape, a, b, dw)) return status;
  }
  return 0;
}

#else

extern "C" const char *frieze_onednn_missing(void) { return "built without oneDNN's headers (libdnnl-dev)"; }
extern "C" const char *frieze_onednn_version(void) { return nullptr; }
extern "C" int frieze_bfloat16_product(frieze_rows, const uint16_t *, size_t, int, float *, size_t, size_t, size_t, size_t,
                                       int) {
  return -1;
}
extern "C" int frieze_bfloat16_gradient(frieze_rows, const float *, size_t, float *, size_t, size_t, size_t) { return -1; }

#endif
