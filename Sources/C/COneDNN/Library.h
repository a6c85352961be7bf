#ifndef FRIEZE_ONEDNN_LIBRARY_H
#define FRIEZE_ONEDNN_LIBRARY_H

#include <cstddef>
#include <cstdint>
#include <string>

// What is called of oneDNN 2 and 3, declared here: the library is opened at run time, and its headers are needed nowhere. Both
// versions take pointers to descriptions; version 2 writes them where it is told to, version 3 makes them itself.

namespace onednn {

typedef int Status;  // 0: success
typedef int64_t Dimensions[12];
enum Type { undefined = 0, bfloat16 = 2, float32 = 3 };
enum Query { implementation = 8, weightsDescription = 131 };
enum Argument { source = 1, destination = 17, weights = 33 };
static const int anyFormat = 1, processor = 1, inOrder = 1;

struct Version {
  int major, minor, patch;
  const char *hash;
  unsigned cpu_runtime, gpu_runtime;
};

struct ExecutionArgument {
  int argument;
  void *memory;
};

/// A description of a matrix: where version 2 keeps it, or a handle of version 3.
class Description {
 public:
  Description() = default;
  Description(const Description &) = delete;
  Description &operator=(const Description &) = delete;
  ~Description();
  /// (rows, columns) with strides in elements, or as the library likes it best where `strides` is null.
  Status make(int64_t rows, int64_t columns, Type type, const int64_t *strides);
  const void *pointer() const { return handle ? handle : bytes; }
  void *operation() { return bytes; }

 private:
  // Version 2's descriptions of matrices take 696 bytes, those of products four of these and a little more.
  alignas(64) unsigned char bytes[8192] = {0};
  void *handle = nullptr;
};

/// The library's functions, by name.
struct Library {
  std::string missing, version;
  int major = 0;
  void *engine = nullptr;
  /// The OpenMP runtime's, where the library uses one: each calling thread works alone.
  void (*omp_set_num_threads)(int) = nullptr;

  const Version *(*dnnl_version)() = nullptr;
  Status (*dnnl_engine_create)(void **, int, size_t) = nullptr;
  Status (*dnnl_stream_create)(void **, void *, unsigned) = nullptr;
  Status (*dnnl_stream_wait)(void *) = nullptr;
  Status (*dnnl_primitive_attr_create)(void **) = nullptr;
  Status (*dnnl_primitive_attr_destroy)(void *) = nullptr;
  Status (*dnnl_primitive_attr_set_post_ops)(void *, const void *) = nullptr;
  Status (*dnnl_post_ops_create)(void **) = nullptr;
  Status (*dnnl_post_ops_destroy)(void *) = nullptr;
  Status (*dnnl_primitive_desc_destroy)(void *) = nullptr;
  Status (*dnnl_primitive_desc_query)(const void *, int, int, void *) = nullptr;
  const void *(*dnnl_primitive_desc_query_md)(const void *, int, int) = nullptr;
  Status (*dnnl_reorder_primitive_desc_create)(void **, const void *, void *, const void *, void *, const void *) = nullptr;
  Status (*dnnl_primitive_create)(void **, const void *) = nullptr;
  Status (*dnnl_primitive_destroy)(void *) = nullptr;
  Status (*dnnl_primitive_execute)(const void *, void *, int, const ExecutionArgument *) = nullptr;
  Status (*dnnl_memory_create)(void **, const void *, void *, void *) = nullptr;
  Status (*dnnl_memory_destroy)(void *) = nullptr;
  Status (*dnnl_memory_set_data_handle)(void *, void *) = nullptr;
  size_t (*dnnl_memory_desc_get_size)(const void *) = nullptr;

  /// One function under two signatures: version 2's, then version 3's.
  void *dnnl_post_ops_append_sum = nullptr;
  Status (*dnnl_memory_desc_init_by_strides)(void *, int, const int64_t *, int, const int64_t *) = nullptr;
  Status (*dnnl_memory_desc_init_by_tag)(void *, int, const int64_t *, int, int) = nullptr;
  Status (*dnnl_matmul_desc_init)(void *, const void *, const void *, const void *, const void *) = nullptr;
  Status (*dnnl_primitive_desc_create)(void **, const void *, const void *, void *, const void *) = nullptr;
  Status (*dnnl_memory_desc_create_with_strides)(void **, int, const int64_t *, int, const int64_t *) = nullptr;
  Status (*dnnl_memory_desc_create_with_tag)(void **, int, const int64_t *, int, int) = nullptr;
  Status (*dnnl_memory_desc_destroy)(void *) = nullptr;
  Status (*dnnl_matmul_primitive_desc_create)(void **, void *, const void *, const void *, const void *, const void *,
                                              const void *) = nullptr;

  Library();
  /// The plan of a product c = a b, or c += a b.
  Status plan(void **out, const void *a, const void *b, const void *c, bool accumulates) const;
};

/// Opened at the first call; never closed.
const Library &library();

}  // namespace onednn

#endif
