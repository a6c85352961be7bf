// Damage that a program with HDF5's library does: everything the format allows and a reader of ours should not take.
#include <hdf5.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "CDamage.h"
#include "list.h"

static uint64_t next(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

herr_t frieze_list_dataset(hid_t root, const char *name, const H5O_info_t *info, void *data) {
  (void)root;
  List *list = data;
  if (info->type == H5O_TYPE_DATASET && list->count < MOST && strlen(name) < 250) {
    snprintf(list->names[list->count++], 256, "/%s", name);
  }
  return 0;
}

static herr_t attribute_name(hid_t object, const char *name, const H5A_info_t *info, void *data) {
  (void)object;
  (void)info;
  List *list = data;
  if (list->count < MOST) snprintf(list->names[list->count++], 256, "%s", name);
  return 0;
}

static const char *kinds[] = {
    "attribute of ten values", "attribute of another type", "attribute of variable length", "attribute gone",
    "content forgotten", "dataset gone", "claims 1e9 rows", "claims 2^40 rows", "claims 2^62 rows", "one row less",
    "one row more", "another rank", "another type", "not a number", "infinite", "1e300", "1e200", "largest integer",
    "smallest integer", "zero", "link to itself", "soft link loop", "external link", "300 groups deep", "a group instead",
    "packed zeros", "external storage", "compound type", "empty strings", "one value", "no values", "long strings", "tiny",
};

int frieze_damage_kinds(void) { return (int)(sizeof kinds / sizeof *kinds); }
const char *frieze_damage_name(int kind) { return kinds[kind]; }

static int is(int kind, const char *name) { return strcmp(kinds[kind], name) == 0; }

// Puts a dataset of another kind in the place of one; its values are zero, or never written.
static int replace(hid_t file, const char *name, hid_t type, int rank, const hsize_t *size, hid_t plist) {
  H5Ldelete(file, name, H5P_DEFAULT);
  hid_t space = rank < 0 ? H5Screate(H5S_NULL) : rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, size, NULL);
  hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
  H5Sclose(space);
  if (set < 0) return 1;
  H5Dclose(set);
  return 0;
}

// Sets one number, or all, of a dataset of floating-point numbers or integers.
static int poison(hid_t file, const char *name, double real, int64_t whole, int integer, uint64_t *state) {
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(set), space = H5Dget_space(set);
  hssize_t count = H5Sget_simple_extent_npoints(space);
  H5T_class_t class = H5Tget_class(type);
  int failed = 1;
  if (count > 0 && count < 50000000 && class == (integer ? H5T_INTEGER : H5T_FLOAT)) {
    size_t width = 8;
    char *values = malloc((size_t)count * width);
    hid_t memory = integer ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE;
    H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    hssize_t at = (hssize_t)(next(state) % (uint64_t)count), end = at + 1;
    if (next(state) % 4 == 0) at = 0, end = count;
    for (; at < end; at++) {
      if (integer) ((int64_t *)values)[at] = whole;
      else ((double *)values)[at] = real;
    }
    failed = H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0;
    free(values);
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Dclose(set);
  return failed;
}

static int change_attribute(hid_t file, int kind, uint64_t *state, const List *sets) {
  const char *object = next(state) % 4 && sets->count ? "/" : sets->names[next(state) % (uint64_t)sets->count];
  List attributes = {.count = 0};
  hid_t id = H5Oopen(file, object, H5P_DEFAULT);
  H5Aiterate2(id, H5_INDEX_NAME, H5_ITER_INC, NULL, attribute_name, &attributes);
  int failed = 1;
  if (attributes.count > 0) {
    const char *name = attributes.names[next(state) % (uint64_t)attributes.count];
    if (next(state) % 2 && object[1] == 0) {
      static const char *likely[] = {"format", "format_version", "shard", "seed", "inputs", "records", "steps",
                                     "wall_seconds", "threads", "configuration", "site_symmetry_table", "precision"};
      const char *other = likely[next(state) % 12];
      if (H5Aexists(id, other) > 0) name = other;
    }
    H5Adelete(id, name);
    if (is(kind, "attribute gone")) {
      failed = 0;
    } else {
      hsize_t ten[2] = {10, 7};
      hid_t space = is(kind, "attribute of ten values") ? H5Screate_simple(1 + (int)(next(state) % 2), ten, NULL)
                                                        : H5Screate(H5S_SCALAR);
      hid_t type = H5Tcopy(H5T_C_S1);
      static char values[8192];
      memset(values, 'x', sizeof values);
      const void *data = values;
      const char *text = "frieze-dataset";
      if (is(kind, "attribute of variable length")) {
        H5Tset_size(type, H5T_VARIABLE);
        data = &text;
      } else if (is(kind, "attribute of another type") || next(state) % 2) {
        H5Tclose(type);
        hid_t types[] = {H5T_NATIVE_DOUBLE, H5T_NATIVE_INT8, H5T_NATIVE_UINT64, H5T_NATIVE_LDOUBLE, H5T_STD_REF_OBJ};
        type = H5Tcopy(types[next(state) % 5]);
        if (H5Tget_class(type) == H5T_REFERENCE) memset(values, 0, sizeof values);
      } else {
        H5Tset_size(type, 1 + next(state) % 100);
      }
      hid_t attribute = H5Acreate2(id, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
      failed = attribute < 0 || H5Awrite(attribute, type, data) < 0;
      if (attribute >= 0) H5Aclose(attribute);
      H5Tclose(type);
      H5Sclose(space);
    }
  }
  H5Oclose(id);
  return failed;
}

static int change_dataset(hid_t file, int kind, uint64_t *state, const char *name, const char *path) {
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(set), space = H5Dget_space(set);
  hsize_t size[32] = {0};
  int rank = H5Sget_simple_extent_dims(space, size, NULL);
  H5Sclose(space);
  H5Dclose(set);
  hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
  int failed = 1;
  if (rank < 1) rank = 1, size[0] = 1;
  if (is(kind, "dataset gone")) {
    failed = H5Ldelete(file, name, H5P_DEFAULT) < 0;
  } else if (is(kind, "link to itself")) {
    char *slash = strrchr(name, '/'), group[256];
    snprintf(group, sizeof group, "%.*s", (int)(slash - name), name);
    failed = H5Lcreate_hard(file, group[0] ? group : "/", file, group[0] ? "/crystal/a_loop" : "/a_loop", H5P_DEFAULT, H5P_DEFAULT) < 0;
  } else if (is(kind, "soft link loop") || is(kind, "external link")) {
    H5Ldelete(file, name, H5P_DEFAULT);
    failed = is(kind, "external link") ? H5Lcreate_external(path, name, file, name, H5P_DEFAULT, H5P_DEFAULT) < 0
                                       : H5Lcreate_soft(name, file, name, H5P_DEFAULT, H5P_DEFAULT) < 0;
  } else if (is(kind, "300 groups deep")) {
    char deep[4096] = "/deep";
    for (int i = 0; i < 300; i++) strcat(deep, "/g");
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    hid_t group = H5Gcreate2(file, deep, links, H5P_DEFAULT, H5P_DEFAULT);
    failed = group < 0;
    if (group >= 0) H5Gclose(group);
    H5Pclose(links);
  } else if (is(kind, "a group instead")) {
    H5Ldelete(file, name, H5P_DEFAULT);
    hid_t group = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    failed = group < 0;
    if (group >= 0) H5Gclose(group);
  } else if (is(kind, "external storage")) {
    H5Pset_external(plist, "/etc/passwd", 0, H5F_UNLIMITED);
    failed = replace(file, name, type, rank, size, plist);
  } else if (is(kind, "compound type")) {
    hid_t compound = H5Tcreate(H5T_COMPOUND, 16);
    H5Tinsert(compound, "a", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(compound, "b", 8, H5T_NATIVE_INT64);
    failed = replace(file, name, compound, rank, size, plist);
    H5Tclose(compound);
  } else if (is(kind, "another type")) {
    hid_t string = H5Tcopy(H5T_C_S1);
    H5Tset_size(string, H5T_VARIABLE);
    hid_t types[] = {H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE, H5T_NATIVE_INT64, H5T_NATIVE_INT8, string, H5T_NATIVE_LDOUBLE,
                     H5T_NATIVE_UINT64, H5T_NATIVE_B8, H5T_STD_REF_OBJ};
    failed = replace(file, name, types[next(state) % 9], rank, size, plist);
    H5Tclose(string);
  } else if (is(kind, "another rank")) {
    hsize_t other[32];
    int more = 1 + (int)(next(state) % 31);
    for (int i = 0; i < 32; i++) other[i] = i == 0 ? size[0] : 1;
    failed = replace(file, name, type, more, other, plist);
  } else if (is(kind, "one value") || is(kind, "no values")) {
    hsize_t none[1] = {0};
    int null = is(kind, "no values") && next(state) % 2;
    failed = replace(file, name, type, is(kind, "one value") ? 0 : null ? -1 : 1, none, plist);
  } else if (is(kind, "long strings") || is(kind, "empty strings")) {
    if (H5Tget_class(type) == H5T_STRING) {
      hid_t string = H5Tcopy(H5T_C_S1);
      H5Tset_size(string, is(kind, "long strings") ? 1u << 30 : 1);
      failed = replace(file, name, string, rank, size, plist);
      H5Tclose(string);
    }
  } else {
    hsize_t chunk[32];
    for (int i = 0; i < rank; i++) chunk[i] = size[i] ? (size[i] < 64 ? size[i] : 64) : 1;
    if (is(kind, "claims 1e9 rows")) size[0] = 1000000000;
    if (is(kind, "claims 2^40 rows")) size[0] = (hsize_t)1 << 40;
    if (is(kind, "claims 2^62 rows")) size[0] = (hsize_t)1 << 62;
    if (is(kind, "one row less")) size[0] = size[0] ? size[0] - 1 : 0;
    if (is(kind, "one row more")) size[0] += 1;
    if (is(kind, "packed zeros")) {
      size[0] = 200000000;
      chunk[0] = 1 << 22;
      for (int i = 1; i < rank; i++) chunk[i] = 1, size[i] = 1;
      H5Pset_deflate(plist, 9);
    }
    if (is(kind, "packed zeros") || size[0] > 100000000 || next(state) % 2) H5Pset_chunk(plist, rank, chunk);
    failed = replace(file, name, type, rank, size, plist);
  }
  H5Pclose(plist);
  H5Tclose(type);
  return failed;
}

int frieze_damage(const char *path, int kind, uint64_t seed) {
  uint64_t state = seed;
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
  if (file < 0) return 1;
  static List sets;
  sets.count = 0;
  H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, frieze_list_dataset, &sets);
  int failed = 1;
  // Half of the time the file does not tell what it held, as a file of another program.
  if (next(&state) % 2 || is(kind, "content forgotten")) H5Adelete_by_name(file, "/", "content", H5P_DEFAULT);
  for (int attempt = 0; attempt < 40 && failed && sets.count; attempt++) {
    const char *name = sets.names[next(&state) % (uint64_t)sets.count];
    if (is(kind, "content forgotten")) failed = 0;
    else if (strncmp(kinds[kind], "attribute", 9) == 0) failed = change_attribute(file, kind, &state, &sets);
    else if (is(kind, "not a number")) failed = poison(file, name, NAN, 0, 0, &state);
    else if (is(kind, "infinite")) failed = poison(file, name, next(&state) % 2 ? INFINITY : -INFINITY, 0, 0, &state);
    else if (is(kind, "1e300")) failed = poison(file, name, next(&state) % 2 ? 1e300 : -1e300, 0, 0, &state);
    else if (is(kind, "1e200")) failed = poison(file, name, 1e200, 0, 0, &state);
    else if (is(kind, "tiny")) failed = poison(file, name, 1e-320, 0, 0, &state);
    else if (is(kind, "zero")) failed = poison(file, name, 0, 0, (int)(next(&state) % 2), &state);
    else if (is(kind, "largest integer")) failed = poison(file, name, 0, INT64_MAX, 1, &state);
    else if (is(kind, "smallest integer")) failed = poison(file, name, 0, INT64_MIN, 1, &state);
    else failed = change_dataset(file, kind, &state, name, path);
  }
  return H5Fclose(file) < 0 || failed;
}
