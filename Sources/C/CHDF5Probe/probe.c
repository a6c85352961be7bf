#define _GNU_SOURCE  // pipe2
#include "CHDF5Probe.h"

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// Groups in groups; all that a file may hold; bytes of a piece that is read.
enum { DEEPEST = 32, MOST = 100000, PIECE = 1 << 22 };

typedef struct {
  /// The groups that lead to where we are.
  haddr_t above[DEEPEST + 1];
  long objects;
} Walk;

static void leave(int status) { _exit(status); }

// One value or few, and not long; others are not read.
static void try_attribute(hid_t attribute) {
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  if (type < 0 || space < 0) leave(FRIEZE_PROBE_UNREADABLE);
  hssize_t count = H5Sget_simple_extent_npoints(space);
  size_t size = H5Tget_size(type);
  H5T_class_t kind = H5Tget_class(type);
  // Numbers of any width may be converted to eight bytes and more.
  if (count == 1 && size > 0 && size <= PIECE && (kind == H5T_STRING || kind == H5T_INTEGER || kind == H5T_FLOAT)) {
    char *value = calloc(1, size + 64);
    if (!value) leave(FRIEZE_PROBE_FATAL);
    if (H5Aread(attribute, type, value) >= 0 && kind == H5T_STRING && H5Tis_variable_str(type) > 0) {
      char *text;
      memcpy(&text, value, sizeof text);
      if (text) (void)strlen(text);
      H5Dvlen_reclaim(type, space, H5P_DEFAULT, value);
    }
    free(value);
  }
  H5Sclose(space);
  H5Tclose(type);
}

static void try_attributes(hid_t object) {
  H5O_info_t info;
  if (H5Oget_info2(object, &info, H5O_INFO_BASIC | H5O_INFO_NUM_ATTRS) < 0 || info.num_attrs > 1000) {
    leave(FRIEZE_PROBE_UNREADABLE);
  }
  for (hsize_t i = 0; i < info.num_attrs; i++) {
    char name[256];
    if (H5Aget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT) < 0) {
      leave(FRIEZE_PROBE_UNREADABLE);
    }
    hid_t attribute = H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0) leave(FRIEZE_PROBE_UNREADABLE);
    try_attribute(attribute);
    H5Aclose(attribute);
  }
}

// Reads some rows at a time.
static void try_values(hid_t set, hid_t type, hid_t space, int rank, const hsize_t *size) {
  int variable = H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0;
  hid_t plist = H5Dget_create_plist(set);
  int chunked = plist >= 0 && H5Pget_layout(plist) == H5D_CHUNKED;
  if (plist >= 0) H5Pclose(plist);
  if (!variable && !chunked) return;
  size_t width = H5Tget_size(type);
  double row = (double)width;
  for (int i = 1; i < rank; i++) row *= (double)size[i];
  double all = rank ? row * (double)size[0] : row;
  // What the reader refuses, too: much more than the file has room for.
  hsize_t stored = H5Dget_storage_size(set);
  if (row <= 0 || row > 1 << 28 || (all > 1 << 28 && all > 100 * (double)stored)) return;
  hsize_t step = rank ? (hsize_t)(PIECE / row) + 1 : 1;
  for (hsize_t start = 0; start < (rank ? size[0] : 1); start += step) {
    hsize_t from[H5S_MAX_RANK] = {0}, count[H5S_MAX_RANK];
    hid_t memory = H5S_ALL, file = H5S_ALL;
    size_t bytes = (size_t)row;
    if (rank) {
      from[0] = start;
      for (int i = 0; i < rank; i++) count[i] = size[i];
      count[0] = size[0] - start < step ? size[0] - start : step;
      bytes = (size_t)row * count[0];
      file = H5Scopy(space);
      memory = H5Screate_simple(rank, count, NULL);
      if (file < 0 || memory < 0 || H5Sselect_hyperslab(file, H5S_SELECT_SET, from, NULL, count, NULL) < 0) {
        leave(FRIEZE_PROBE_UNREADABLE);
      }
    }
    char *values = calloc(1, bytes + 64);
    if (!values) leave(FRIEZE_PROBE_FATAL);
    if (H5Dread(set, type, memory, file, H5P_DEFAULT, values) < 0) leave(FRIEZE_PROBE_UNREADABLE);
    if (variable) {
      size_t length = 0;
      for (size_t i = 0; i < bytes / sizeof(char *); i++) {
        char *text;
        memcpy(&text, values + i * sizeof text, sizeof text);
        if (text) length += strlen(text);
      }
      if (length > (size_t)1 << 31) leave(FRIEZE_PROBE_UNREADABLE);
      H5Dvlen_reclaim(type, rank ? memory : space, H5P_DEFAULT, values);
    }
    free(values);
    if (rank) {
      H5Sclose(file);
      H5Sclose(memory);
    }
  }
}

static void try_dataset(hid_t set) {
  hid_t type = H5Dget_type(set), space = H5Dget_space(set);
  if (type < 0 || space < 0) leave(FRIEZE_PROBE_UNREADABLE);
  hsize_t size[H5S_MAX_RANK] = {0};
  int rank = H5Sget_simple_extent_dims(space, size, NULL);
  if (rank < 0) leave(FRIEZE_PROBE_UNREADABLE);
  H5T_class_t kind = H5Tget_class(type);
  if (H5Sget_simple_extent_npoints(space) > 0 && (kind == H5T_STRING || kind == H5T_INTEGER || kind == H5T_FLOAT)) {
    try_values(set, type, space, rank, size);
  }
  H5Sclose(space);
  H5Tclose(type);
}

static void try_group(hid_t group, int depth, Walk *walk) {
  if (depth > DEEPEST) leave(FRIEZE_PROBE_ENDLESS);
  H5O_info_t own;
  if (H5Oget_info2(group, &own, H5O_INFO_BASIC) < 0) leave(FRIEZE_PROBE_UNREADABLE);
  for (int i = 0; i < depth; i++) {
    if (walk->above[i] == own.addr) leave(FRIEZE_PROBE_ENDLESS);
  }
  walk->above[depth] = own.addr;
  H5G_info_t info;
  if (H5Gget_info(group, &info) < 0) leave(FRIEZE_PROBE_UNREADABLE);
  if (info.nlinks > MOST) leave(FRIEZE_PROBE_ENDLESS);
  for (hsize_t i = 0; i < info.nlinks; i++) {
    if (++walk->objects > MOST) leave(FRIEZE_PROBE_ENDLESS);
    char name[4096];
    ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
    if (length <= 0 || length >= (ssize_t)sizeof name) leave(FRIEZE_PROBE_UNREADABLE);
    H5L_info_t link;
    if (H5Lget_info(group, name, &link, H5P_DEFAULT) < 0) leave(FRIEZE_PROBE_UNREADABLE);
    // Links to elsewhere are not followed, here or by the reader.
    if (link.type != H5L_TYPE_HARD) continue;
    hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    if (object < 0) leave(FRIEZE_PROBE_UNREADABLE);
    try_attributes(object);
    H5I_type_t kind = H5Iget_type(object);
    if (kind == H5I_GROUP) try_group(object, depth + 1, walk);
    if (kind == H5I_DATASET) try_dataset(object);
    H5Oclose(object);
  }
}

static uint64_t little_endian(const unsigned char *bytes, int count) {
  uint64_t value = 0;
  for (int k = count - 1; k >= 0; k--) value = value << 8 | bytes[k];
  return value;
}

/// Whether the objects of a global heap lie within it: a header of 16 bytes (index, references, reserved, size), then the object, in eights.
static int objects_fit(const unsigned char *heap, uint64_t size) {
  uint64_t at = 16;
  while (at + 16 <= size) {
    uint64_t index = little_endian(heap + at, 2), own = little_endian(heap + at + 8, 8);
    if (index == 0) return own <= size - at;
    if (own > size || at + 16 + ((own + 7) & ~(uint64_t)7) > size) return 0;
    at += 16 + ((own + 7) & ~(uint64_t)7);
  }
  return 1;
}

/// Whether every global heap (HDF5 file format, III.E) is as large as it says: the library believes it, and writes beyond its memory.
static int heaps_fit(const char *path) {
  static unsigned char piece[1 << 16];
  FILE *file = fopen(path, "rb");
  if (!file || fseeko(file, 0, SEEK_END) != 0) return 0;
  off_t end = ftello(file), start = 0;
  int fits = 1;
  // Where sizes have another width than 8 bytes, or something stands before the superblock, nothing is said.
  if (fseeko(file, 0, SEEK_SET) != 0 || fread(piece, 1, 16, file) != 16 || piece[piece[8] < 2 ? 14 : 10] != 8) start = end;
  while (fits && start < end && fseeko(file, start, SEEK_SET) == 0) {
    size_t count = fread(piece, 1, sizeof piece, file);
    if (count < 16) break;
    for (unsigned char *at = piece; fits && (at = memmem(at, (size_t)(piece + count - 8 - at), "GCOL\1\0\0\0", 8)); at++) {
      off_t place = start + (at - piece);
      uint64_t size = little_endian(at + 8, 8);
      fits = size >= 16 && size <= (uint64_t)(end - place);
      unsigned char *heap = fits ? malloc(size) : NULL;
      if (heap && fseeko(file, place, SEEK_SET) == 0 && fread(heap, 1, size, file) == size) fits = objects_fit(heap, size);
      free(heap);
    }
    start += (off_t)(count - 15);
  }
  fclose(file);
  return fits;
}

static void walk_file(const char *path) {
#ifdef M_PERTURB
  // What is not set is neither zero nor a pointer: the library's use of it shows here as it would in a process that has run for long.
  mallopt(M_PERTURB, 0x5a);
#endif
  if (!heaps_fit(path)) leave(FRIEZE_PROBE_UNREADABLE);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) leave(FRIEZE_PROBE_UNREADABLE);
  Walk walk = {.objects = 0};
  hid_t root = H5Gopen2(file, "/", H5P_DEFAULT);
  if (root < 0) leave(FRIEZE_PROBE_UNREADABLE);
  try_attributes(root);
  try_group(root, 0, &walk);
  H5Gclose(root);
  // The library ends before the process, so that what it would trip over on closing is found.
  int status = H5Fclose(file) < 0 ? FRIEZE_PROBE_UNREADABLE : FRIEZE_PROBE_SOUND;
  // What was written beyond its end shows when memory is given back.
  H5garbage_collect();
  leave(status);
}

static int64_t address_space(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file && fscanf(file, "%ld", &pages) != 1) pages = 0;
  if (file) fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

typedef struct {
  const char *path;
  double seconds;
  int64_t memory;
  int ends[2];
  pid_t child;
} Probe;

// The life of the child.
static void examine(const Probe *probe, int64_t used) {
  close(probe->ends[0]);
  for (int signal_number = 1; signal_number < 32; signal_number++) signal(signal_number, SIG_DFL);
  // Nobody waits for it any more where its parent is killed.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  struct rlimit limit, none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // Of the processor, not of the clock: a busy machine makes no file worse.
  struct rlimit time_limit = {(rlim_t)probe->seconds + 1, (rlim_t)probe->seconds + 2};
  setrlimit(RLIMIT_CPU, &time_limit);
  if (used > 0 && getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur > (rlim_t)(used + probe->memory)) {
    limit.rlim_cur = (rlim_t)(used + probe->memory);
    setrlimit(RLIMIT_AS, &limit);
  }
  // The library, or the system's memory, may say its last words; nobody needs them.
  if (!freopen("/dev/null", "w", stderr)) leave(FRIEZE_PROBE_FATAL);
  walk_file(probe->path);
}

// Called by the library, which holds its lock meanwhile: so no other thread holds it when the child is made, and the child, which
// has this thread alone, is not left to wait for it.
static herr_t make_child(unsigned n, const H5E_error2_t *error, void *data) {
  (void)n, (void)error;
  Probe *probe = data;
  int64_t used = address_space();
  probe->child = fork();
  if (probe->child == 0) examine(probe, used);
  return 0;
}

// Makes the child with the library's lock in hand, which a walk over a stack of one error gives.
static void make_child_locked(Probe *probe) {
  hid_t stack = H5Ecreate_stack();
  if (stack < 0) return;
  if (H5Epush2(stack, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_FILE, H5E_CANTOPENFILE, "probe") >= 0) {
    H5Ewalk2(stack, H5E_WALK_UPWARD, make_child, probe);
  }
  H5Eclose_stack(stack);
}

int frieze_probe(const char *path, double seconds, int64_t memory, int (*stop)(void)) {
  Probe probe = {.path = path, .seconds = seconds, .memory = memory, .child = -1};
  if (pipe2(probe.ends, O_CLOEXEC) != 0) return FRIEZE_PROBE_UNKNOWN;
  make_child_locked(&probe);
  int *ends = probe.ends;
  pid_t child = probe.child;
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return FRIEZE_PROBE_UNKNOWN;
  }
  // The other end closes with the child; or, if a child of another thread has it too, later than the child ends. Waiting for a disk is
  // not working; but not for ever.
  int patience = 6000 + (int)(seconds > 1e6 ? 1e6 : seconds) * 100;
  struct pollfd end = {.fd = ends[0], .events = POLLIN};
  int result = FRIEZE_PROBE_SOUND, status = 0;
  pid_t ended = 0;
  while (ended == 0) {
    int ready = poll(&end, 1, 100);
    int is_last = ready > 0 || (ready < 0 && errno != EINTR);
    if (ready == 0 && --patience < 0) result = FRIEZE_PROBE_FATAL;
    if (stop && stop()) result = FRIEZE_PROBE_STOPPED;
    if (result != FRIEZE_PROBE_SOUND) kill(child, SIGKILL);
    ended = waitpid(child, &status, is_last || result != FRIEZE_PROBE_SOUND ? 0 : WNOHANG);
    if (ended < 0 && errno == EINTR) ended = 0;
  }
  close(ends[0]);
  if (ended < 0) return FRIEZE_PROBE_UNKNOWN;
  if (result != FRIEZE_PROBE_SOUND) return result;
  return WIFEXITED(status) ? WEXITSTATUS(status) : FRIEZE_PROBE_FATAL;
}
