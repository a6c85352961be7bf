#include <hdf5.h>
#include <stdlib.h>

// HDF5 names its types and property lists by macros that call a function first; Swift cannot read those.
static inline hid_t frieze_h5_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t frieze_h5_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t frieze_h5_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t frieze_h5_int16(void) { return H5T_NATIVE_INT16; }
static inline hid_t frieze_h5_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t frieze_h5_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t frieze_h5_uint64(void) { return H5T_NATIVE_UINT64; }
// IEEE half precision in files; the library converts to and from float32. The caller closes the type.
static inline hid_t frieze_h5_half(void) {
  hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(type, 15, 10, 5, 0, 10);
  H5Tset_size(type, 2);
  H5Tset_ebias(type, 15);
  return type;
}
// The numbers that processors have, by their place in this list: float64, float32, then unsigned and signed integers of 1, 2, 4 and 8
// bytes; of each the little-endian one first.
static inline hid_t frieze_h5_standard(int index) {
  const hid_t types[] = {
      H5T_IEEE_F64LE, H5T_IEEE_F64BE, H5T_IEEE_F32LE, H5T_IEEE_F32BE, H5T_STD_U8LE, H5T_STD_U8BE, H5T_STD_I8LE,
      H5T_STD_I8BE, H5T_STD_U16LE, H5T_STD_U16BE, H5T_STD_I16LE, H5T_STD_I16BE, H5T_STD_U32LE, H5T_STD_U32BE,
      H5T_STD_I32LE, H5T_STD_I32BE, H5T_STD_U64LE, H5T_STD_U64BE, H5T_STD_I64LE, H5T_STD_I64BE};
  return index >= 0 && index < (int)(sizeof types / sizeof *types) ? types[index] : H5I_INVALID_HID;
}
// Files of HDF5 1.8 and later: all that describes the data has checksums, which the oldest layout has not. The caller closes it.
static inline hid_t frieze_h5_checksums(void) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
  return access;
}
static inline hid_t frieze_h5_string(void) { return H5T_C_S1; }
static inline hid_t frieze_h5_default(void) { return H5P_DEFAULT; }
static inline hid_t frieze_h5_all(void) { return H5S_ALL; }
static inline hid_t frieze_h5_link_create(void) { return H5P_LINK_CREATE; }
static inline hid_t frieze_h5_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t frieze_h5_unlimited(void) { return (hid_t)H5S_UNLIMITED; }
static inline size_t frieze_h5_variable(void) { return H5T_VARIABLE; }
static inline unsigned frieze_h5_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned frieze_h5_read_only(void) { return H5F_ACC_RDONLY; }
// Before the first use: errors are told by return values and never printed; and the library does not clean up at exit, where it
// would touch files that could not be written once more and crash. All files are closed by their owners.
// Files are not locked: each is written by one process under a name of its own and renamed when it is whole, so nobody reads what
// somebody writes; and on disks without locks (some Lustre and NFS) HDF5 would refuse to open any. The user's own setting stands.
static inline void frieze_h5_silence(void) {
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
  H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}
