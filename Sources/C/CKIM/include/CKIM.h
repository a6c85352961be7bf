#ifndef FRIEZE_KIM_H
#define FRIEZE_KIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Portable models of the KIM API, version 2 (Tadmor et al., JOM 63, 17, 2011; openkim.org). The library is opened at run time, and
// none of its headers is needed: the few functions called are declared in CKIM.cpp, its constants are asked for by their names.
// Any thread may call; one at a time is let into the library.

typedef struct frieze_kim frieze_kim;
typedef struct frieze_kim_model frieze_kim_model;

/// Opens the library of that name, for as long as the process lives, and silences its log. NULL where there is none; where it is
/// there and a function is not, `lacking` is that function's name, else NULL.
frieze_kim *frieze_kim_open(const char *library, const char **lacking);

/// Names of the portable models installed, a line each; to be given to free(). NULL where they cannot be had.
char *frieze_kim_portable_models(frieze_kim *kim);

enum { FRIEZE_KIM_UNKNOWN, FRIEZE_KIM_PORTABLE_MODEL, FRIEZE_KIM_SIMULATOR_MODEL, FRIEZE_KIM_OTHER_ITEM };

/// What is installed by that name: one of the above.
int frieze_kim_item(frieze_kim *kim, const char *name);

/// A portable model in angstrom, eV, e, K and ps. NULL where it cannot be used; then `reason`, never freed, says why.
frieze_kim_model *frieze_kim_model_create(frieze_kim *kim, const char *name, const char **reason);
void frieze_kim_model_destroy(frieze_kim_model *model);

/// How far from an atom others may lie that matter to its energy, angstrom.
double frieze_kim_influence_distance(const frieze_kim_model *model);

/// How many neighbour lists the model reads.
int frieze_kim_lists(const frieze_kim_model *model);
/// How far one of them goes, angstrom.
double frieze_kim_cutoff(const frieze_kim_model *model, int list);
/// Whether the model reads it for particles that do not contribute.
int frieze_kim_reads_padding(const frieze_kim_model *model, int list);

/// Whether the model knows an element, and by which code.
int frieze_kim_species(const frieze_kim_model *model, const char *symbol, int *code);

/// Particles and their neighbours.
typedef struct {
  int32_t count;
  const int32_t *species;       // (count) codes
  const int32_t *contributing;  // (count) 1 where the particle's energy counts, 0 for padding
  const double *coordinates;    // (count, 3) angstrom
  // Neighbours of particle p in list l are neighbors[offsets[l * (count + 1) + p] ..< offsets[l * (count + 1) + p + 1]]; lists that
  // the model does not read for padding have none there.
  const int32_t *offsets;       // (lists, count + 1)
  const int32_t *neighbors;
} frieze_kim_particles;

/// Energy (eV) of the contributing particles, and minus its derivative by every particle's coordinates, (count, 3), eV/angstrom.
/// Returns 0, or 1 where the model reports an error.
int frieze_kim_compute(frieze_kim_model *model, const frieze_kim_particles *particles, double *energy, double *forces);

#ifdef __cplusplus
}
#endif
#endif
