#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "Products.h"

using namespace onednn;

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
  bool usable = status == 0 && packed->description && !isSlow(packed->plan)
                && !(packed->type == float32 && packsAnew(packed->plan));
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
