#include "Products.h"

#include <algorithm>
#include <cstring>

namespace onednn {

Bench &bench() {
  static thread_local Bench *own = nullptr;
  if (!own) {
    own = new Bench();
    if (library().omp_set_num_threads) library().omp_set_num_threads(1);
    library().dnnl_stream_create(&own->stream, library().engine, inOrder);
  }
  return *own;
}

static const char *nameOf(const void *plan) {
  const char *name = nullptr;
  return library().dnnl_primitive_desc_query(plan, implementation, 0, &name) == 0 && name ? name : "ref";
}

bool isSlow(const void *plan) { return strstr(nameOf(plan), "ref"); }

bool packsAnew(const void *plan) { return strncmp(nameOf(plan), "gemm", 4) == 0; }

static Status make(const Shape &s, const frieze_packed *packed, Ready &ready) {
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

void place(const float *from, size_t rows, size_t columns, float *y, size_t y_stride, bool accumulate) {
  for (size_t r = 0; r < rows; ++r) {
    if (accumulate)
      for (size_t k = 0; k < columns; ++k) y[r * y_stride + k] += from[r * columns + k];
    else
      memcpy(y + r * y_stride, from + r * columns, columns * sizeof(float));
  }
}

}  // namespace onednn
