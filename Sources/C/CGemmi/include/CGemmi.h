#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What one data block of a CIF file says of a crystal; nothing is expanded or judged here.
typedef struct {
  char name[96];
  double cell[6];              // a b c (angstrom) alpha beta gamma (degrees); NaN where the file has none
  double volume;               // of the cell in cubic angstrom, NaN where the file has none
  double formula_units;        // Z, NaN where the file has none
  double density;              // calculated, g/cm^3, NaN where the file has none
  char formula[256];           // chemical formula: the sum, else the structural one or that of the moieties
  int word_count;              // tags that speak of symmetry, and have a value
  char (*tags)[64];            // in small letters, `_` for `.` and `-`
  char (*words)[96];           // the first value of each
  int operator_count;
  char (*operators)[96];       // as written
  int centering_count;
  char (*centerings)[96];      // translations of a magnetic group, written as operators
  int site_count;
  double *coordinates;         // 3 a site, fractional; NaN where unreadable
  double *occupancy;           // 1 where the file has none, NaN where unreadable
  int *multiplicity;           // of the orbit in the cell, 0 where the file has none
  int *disorder;               // 1 where the site belongs to a disorder group
  int *dummy;                  // 1 where the site is declared no atom
  int *attached_hydrogens;     // hydrogens of the site that are not in the list
  char (*element)[32];         // type symbol as written, empty where none
  char (*label)[32];           // label as written, empty where none
} frieze_cif_block;

/// Reads the blocks of a CIF text (ASCII, lines ended by LF) that have atom sites. Returns 0, or fills `message` and
/// returns 1 where the text is no CIF, 2 where a block has more than `maximum_sites` sites.
int frieze_cif_read(const char *text, size_t length, int maximum_sites, frieze_cif_block **blocks, int *block_count,
                    char *message, size_t message_length);

void frieze_cif_free(frieze_cif_block *blocks, int block_count);

/// Operations of a Hall symbol, 12 integers each: rotation by rows, then the translation over 24. Returns how many there
/// are, 0 where the symbol is not understood or there are more than `capacity`.
int frieze_operations_of_hall(const char *symbol, int *operations, int capacity);

/// The Hall symbol of a Hermann-Mauguin symbol, null where it is not known. The cell angles (degrees) decide between
/// hexagonal and rhombohedral axes where the symbol does not. Index 1 is origin choice 2 where the symbol leaves both open.
const char *frieze_hall_of_hermann_mauguin(const char *symbol, double alpha, double gamma, int index);

/// The Hall symbols of the settings of an international number, the reference setting first; null past the last.
const char *frieze_hall_of_number(int number, int index);

/// Writes the Hermann-Mauguin symbol of the reference setting, the code of the setting behind a colon: `F d -3 m:2`.
void frieze_hermann_mauguin_of_number(int number, char *symbol, size_t length);

#ifdef __cplusplus
}
#endif
