// A file of ours as another program would have written it.
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "CDamage.h"
#include "list.h"

// A dataset's copy; strings get variable length, numbers stay.
static int copy_dataset(hid_t from, hid_t to, const char *name, int chunked) {
  hid_t set = H5Dopen2(from, name, H5P_DEFAULT), type = H5Dget_type(set), space = H5Dget_space(set);
  hsize_t size[32] = {0};
  int rank = H5Sget_simple_extent_dims(space, size, NULL);
  hssize_t count = H5Sget_simple_extent_npoints(space);
  size_t width = H5Tget_size(type);
  hid_t links = H5Pcreate(H5P_LINK_CREATE), plist = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  if (chunked && rank > 0 && count > 0) {
    hsize_t chunk[32];
    for (int i = 0; i < rank; i++) chunk[i] = size[i] < 32 ? size[i] : 32;
    H5Pset_chunk(plist, rank, chunk);
    H5Pset_shuffle(plist);
    H5Pset_deflate(plist, 4);
  }
  hid_t stored = H5Tcopy(type), memory = H5Tcopy(type);
  char *values = calloc((size_t)(count > 0 ? count : 1), width ? width : 1);
  int variable = H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
  char **pointers = NULL;
  H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  if (variable) {
    pointers = calloc((size_t)(count > 0 ? count : 1), sizeof *pointers);
    for (hssize_t i = 0; i < count; i++) pointers[i] = strndup(values + (size_t)i * width, width);
    H5Tset_size(stored, H5T_VARIABLE);
  }
  hid_t made = H5Dcreate2(to, name, stored, space, links, plist, H5P_DEFAULT);
  int failed = made < 0 || (count > 0 && H5Dwrite(made, stored, H5S_ALL, H5S_ALL, H5P_DEFAULT, variable ? (void *)pointers : values) < 0);
  if (variable) {
    for (hssize_t i = 0; i < count; i++) free(pointers[i]);
    free(pointers);
  }
  free(values);
  if (made >= 0) H5Dclose(made);
  H5Pclose(links);
  H5Pclose(plist);
  H5Tclose(stored);
  H5Tclose(memory);
  H5Tclose(type);
  H5Sclose(space);
  H5Dclose(set);
  return failed;
}

typedef struct {
  hid_t from, to;
} Pair;

static herr_t copy_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data) {
  (void)info;
  Pair *pair = data;
  if (strcmp(name, "content") == 0) return 0;
  hid_t from = H5Aopen(object, name, H5P_DEFAULT), type = H5Aget_type(from), space = H5Aget_space(from);
  size_t bytes = H5Tget_size(type) * (size_t)H5Sget_simple_extent_npoints(space);
  if (bytes < 60000 && !(H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0)) {
    char *value = calloc(1, bytes + 1);
    H5Aread(from, type, value);
    hid_t made = H5Acreate2(pair->to, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (made >= 0) {
      H5Awrite(made, type, value);
      H5Aclose(made);
    }
    free(value);
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(from);
  return 0;
}

int frieze_foreign_copy(const char *path, const char *copy, int chunked) {
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t from = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t to = H5Fcreate(copy, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (from < 0 || to < 0) return 1;
  static List sets;
  sets.count = 0;
  H5Ovisit(from, H5_INDEX_NAME, H5_ITER_INC, frieze_list_dataset, &sets);
  int failed = 0;
  for (int i = 0; i < sets.count; i++) failed |= copy_dataset(from, to, sets.names[i], chunked);
  Pair pair = {from, to};
  H5Aiterate2(from, H5_INDEX_NAME, H5_ITER_INC, NULL, copy_attribute, &pair);
  H5Fclose(from);
  return H5Fclose(to) < 0 || failed;
}
