// What the fuzzer needs of C: damage to HDF5 files by HDF5's own means, and programs run under limits.
#pragma once
#include <stdint.h>

/// How a program ended.
typedef struct {
  /// Exit status; 256 and the signal's number above that where a signal ended it.
  int status;
  /// Largest resident memory, bytes.
  int64_t memory;
  double seconds;
  /// Of the processors, its own and the system's for it.
  double processor_seconds;
} frieze_outcome;

/// Runs a program to its end; ends it with SIGKILL after so many seconds.
///
/// - arguments: ends with NULL, the program first.
/// - folder: where it runs. output, errors: files that standard output and standard error go to.
/// - address_space: bytes, 0 for no limit. kill_after: seconds after which `kill_signal` is sent, below 0 for never.
frieze_outcome frieze_run(
    const char *const *arguments, const char *folder, const char *output, const char *errors, double limit,
    int64_t address_space, double kill_after, int kill_signal);

/// Number of kinds of damage.
int frieze_damage_kinds(void);
/// Name of a kind.
const char *frieze_damage_name(int kind);
/// Changes an HDF5 file by the library's own calls; what is chosen follows from the seed. 0 where the file now differs.
int frieze_damage(const char *path, int kind, uint64_t seed);
/// A copy in HDF5's oldest layout, as other programs write it by default: strings of variable length, no digests.
/// chunked: numbers in packed chunks. 0 where it is there.
int frieze_foreign_copy(const char *path, const char *copy, int chunked);
