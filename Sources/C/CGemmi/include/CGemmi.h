#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What one data block of a CIF file says of a crystal; nothing is expanded or judged here.
typedef struct {
  char name[96];
  double cell[6];          // a b c (angstrom) alpha beta gamma (degrees); NaN where the file has none
  char symmetry[96];       // the symbol or number that the operations were taken from, or "operations" or "none"
  int operation_count;     // 0: the symbol is not known
  int *operations;         // 12 integers each: rotation by rows, then the translation over 24
  int site_count;
  double *coordinates;     // 3 a site, fractional; NaN where unreadable
  double *occupancy;       // 1 where the file has none
  int *disorder;           // disorder group, 0 where none
  char (*element)[8];      // type symbol as written (label where the file has no type symbol)
} frieze_cif_block;

/// Reads the blocks of a CIF text that have atom sites. Returns 0, or fills `message` and returns 1.
int frieze_cif_read(const char *text, size_t length, int maximum_sites, frieze_cif_block **blocks, int *block_count,
                    char *message, size_t message_length);

void frieze_cif_free(frieze_cif_block *blocks, int block_count);

#ifdef __cplusplus
}
#endif
