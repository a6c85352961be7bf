#include "Library.h"

#include <dlfcn.h>

namespace onednn {

Library::Library() {
#if !defined(__x86_64__)
  missing = "oneDNN is used on x86-64 processors only";
  return;
#else
  void *handle = nullptr;
  for (const char *name : {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"})
    if (!handle) handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    missing = "oneDNN (libdnnl) is not installed";
    return;
  }
  auto find = [&](auto &function, const char *name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    return function != nullptr;
  };
#define FIND(name) find(name, #name)
  if (!FIND(dnnl_version)) {
    missing = "libdnnl has no dnnl_version: not oneDNN's library";
    return;
  }
  const Version *v = dnnl_version();
  major = v->major;
  version = std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
  if (major != 2 && major != 3) {
    missing = "oneDNN " + version + " is installed; 2 and 3 are known";
    return;
  }
  bool complete = FIND(dnnl_engine_create) && FIND(dnnl_stream_create) && FIND(dnnl_stream_wait) && FIND(dnnl_primitive_attr_create)
                  && FIND(dnnl_primitive_attr_destroy) && FIND(dnnl_primitive_attr_set_post_ops) && FIND(dnnl_post_ops_create)
                  && FIND(dnnl_post_ops_destroy) && FIND(dnnl_primitive_desc_destroy) && FIND(dnnl_primitive_desc_query)
                  && FIND(dnnl_primitive_desc_query_md) && FIND(dnnl_reorder_primitive_desc_create) && FIND(dnnl_primitive_create)
                  && FIND(dnnl_primitive_destroy) && FIND(dnnl_primitive_execute) && FIND(dnnl_memory_create)
                  && FIND(dnnl_memory_destroy) && FIND(dnnl_memory_set_data_handle) && FIND(dnnl_memory_desc_get_size)
                  && FIND(dnnl_post_ops_append_sum);
  if (major == 2)
    complete = complete && FIND(dnnl_memory_desc_init_by_strides) && FIND(dnnl_memory_desc_init_by_tag) && FIND(dnnl_matmul_desc_init)
               && FIND(dnnl_primitive_desc_create);
  else
    complete = complete && FIND(dnnl_memory_desc_create_with_strides) && FIND(dnnl_memory_desc_create_with_tag)
               && FIND(dnnl_memory_desc_destroy) && FIND(dnnl_matmul_primitive_desc_create);
#undef FIND
  find(omp_set_num_threads, "omp_set_num_threads");
  if (!complete || dnnl_engine_create(&engine, processor, 0) != 0) {
    missing = "oneDNN " + version + " lacks functions that its version should have";
    return;
  }
#endif
}

Status Library::plan(void **out, const void *a, const void *b, const void *c, bool accumulates) const {
  void *attributes = nullptr, *sum = nullptr;
  Status status = dnnl_primitive_attr_create(&attributes);
  if (status == 0 && accumulates) {
    status = dnnl_post_ops_create(&sum);
    if (status == 0)
      status = major == 2 ? reinterpret_cast<Status (*)(void *, float)>(dnnl_post_ops_append_sum)(sum, 1)
                          : reinterpret_cast<Status (*)(void *, float, int32_t, int)>(dnnl_post_ops_append_sum)(sum, 1, 0, undefined);
    if (status == 0) status = dnnl_primitive_attr_set_post_ops(attributes, sum);
  }
  if (status == 0 && major == 2) {
    Description product;
    status = dnnl_matmul_desc_init(product.operation(), a, b, nullptr, c);
    if (status == 0) status = dnnl_primitive_desc_create(out, product.operation(), attributes, engine, nullptr);
  } else if (status == 0) {
    status = dnnl_matmul_primitive_desc_create(out, engine, a, b, nullptr, c, attributes);
  }
  if (sum) dnnl_post_ops_destroy(sum);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  return status;
}

Status Description::make(int64_t rows, int64_t columns, Type type, const int64_t *strides) {
  const Library &l = library();
  const Dimensions dimensions = {rows, columns};
  Dimensions steps = {0};
  if (strides) {
    steps[0] = strides[0];
    steps[1] = strides[1];
  }
  if (l.major == 2)
    return strides ? l.dnnl_memory_desc_init_by_strides(bytes, 2, dimensions, type, steps)
                   : l.dnnl_memory_desc_init_by_tag(bytes, 2, dimensions, type, anyFormat);
  return strides ? l.dnnl_memory_desc_create_with_strides(&handle, 2, dimensions, type, steps)
                 : l.dnnl_memory_desc_create_with_tag(&handle, 2, dimensions, type, anyFormat);
}

Description::~Description() {
  if (handle) library().dnnl_memory_desc_destroy(handle);
}

const Library &library() {
  static const Library *loaded = new Library();
  return *loaded;
}

}  // namespace onednn
