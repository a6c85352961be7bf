#ifndef FRIEZE_LIST_H
#define FRIEZE_LIST_H

#include <hdf5.h>

/// Names of datasets or attributes.
enum { MOST = 400 };
typedef struct {
  char names[MOST][256];
  int count;
} List;

/// For `H5Ovisit`: adds the datasets to a `List`, with a slash before their names.
herr_t frieze_list_dataset(hid_t root, const char *name, const H5O_info_t *info, void *data);

#endif
