// Whether HDF5's library survives a file. Its version 1.10 crashes, hangs or asks for any amount of memory on some damaged files.
#pragma once
#include <stdint.h>

enum {
  FRIEZE_PROBE_SOUND = 0,
  /// The library says so itself.
  FRIEZE_PROBE_UNREADABLE = 1,
  /// It crashed, or did not come to an end.
  FRIEZE_PROBE_FATAL = 2,
  /// Links that run in circles, groups in groups without end, or more objects than anybody writes.
  FRIEZE_PROBE_ENDLESS = 3,
  FRIEZE_PROBE_STOPPED = 4,
  /// No process can be made for it.
  FRIEZE_PROBE_UNKNOWN = 5,
};

/// Goes through all that a file holds in a process of its own: links, types, sizes, attributes, strings of variable length, packed
/// chunks. Plain numbers are left out: reading them needs nothing that is not looked at.
///
/// - path: what to open. seconds: of the processor, after which the process is ended. memory: bytes that it may ask for beyond what is there.
/// - stop: asked ten times a second; another answer than 0 ends it.
int frieze_probe(const char *path, double seconds, int64_t memory, int (*stop)(void));
