#include "CKIM.h"

#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <mutex>
#include <new>
#include <string>
#include <unistd.h>

#include "Library.h"

using namespace kim_api;

namespace {

/// Neither the library nor its models promise that two threads may be in them at once (Fortran drivers keep variables of their
/// own), so one thread at a time is let in, whatever model it calls.
std::mutex door;
using Entrance = std::lock_guard<std::mutex>;

}  // namespace

struct frieze_kim_model {
  frieze_kim *kim;
  Model *model = nullptr;
  /// Made anew after an error, as nobody knows what is left in it.
  Arguments *arguments = nullptr;
  double influence = 0;
  int lists = 0;
  const double *cutoffs = nullptr;
  const int *no_padding = nullptr;
  /// What the model is looking at.
  const frieze_kim_particles *particles = nullptr;
};

namespace {

/// While one lives, standard output goes to standard error: some models introduce themselves when they are loaded.
struct Diversion {
  frieze_kim *kim;
  int kept;
  explicit Diversion(frieze_kim *k) : kim(k) {
    flush();
    kept = dup(STDOUT_FILENO);
    if (kept >= 0) dup2(STDERR_FILENO, STDOUT_FILENO);
  }
  ~Diversion() {
    flush();
    if (kept < 0) return;
    dup2(kept, STDOUT_FILENO);
    close(kept);
  }
  void flush() {
    fflush(stdout);
    if (kim->flush_fortran) kim->flush_fortran(nullptr);
  }
};

/// The library's call-back for neighbours; 1 where a model asks for what it said that it would not.
int neighbors_of(void *data, int lists, const double *, int list, int particle, int *count, const int **neighbors) {
  const auto *m = static_cast<const frieze_kim_model *>(data);
  const frieze_kim_particles *p = m->particles;
  *count = 0;
  *neighbors = p->neighbors;
  if (list < 0 || list >= lists || particle < 0 || particle >= p->count) return 1;
  if (!p->contributing[particle] && m->no_padding[list]) return 1;
  const int32_t *offset = p->offsets + size_t(list) * (size_t(p->count) + 1) + size_t(particle);
  *neighbors = p->neighbors + offset[0];
  *count = offset[1] - offset[0];
  return 0;
}

bool supported(frieze_kim_model *m, const char *name) {
  frieze_kim *k = m->kim;
  Constant status;
  if (k->KIM_ComputeArguments_GetArgumentSupportStatus(m->arguments, k->KIM_ComputeArgumentName_FromString(name), &status))
    return false;
  return status.id == k->KIM_SupportStatus_FromString("required").id
         || status.id == k->KIM_SupportStatus_FromString("optional").id;
}

/// Hands the arrays to the model; false where it does not take one.
bool bind(frieze_kim_model *m, const frieze_kim_particles *p, double *energy, double *forces) {
  frieze_kim *k = m->kim;
  m->particles = p;
  auto integers = [&](const char *name, const int *x) {
    return k->KIM_ComputeArguments_SetArgumentPointerInteger(m->arguments, k->KIM_ComputeArgumentName_FromString(name), x) == 0;
  };
  auto doubles = [&](const char *name, const double *x) {
    return k->KIM_ComputeArguments_SetArgumentPointerDouble(m->arguments, k->KIM_ComputeArgumentName_FromString(name), x) == 0;
  };
  return integers("numberOfParticles", &p->count) && integers("particleSpeciesCodes", p->species)
         && integers("particleContributing", p->contributing) && doubles("coordinates", p->coordinates)
         && doubles("partialEnergy", energy) && doubles("partialForces", forces)
         && k->KIM_ComputeArguments_SetCallbackPointer(
                m->arguments, k->KIM_ComputeCallbackName_FromString("GetNeighborList"), k->KIM_LanguageName_FromString("c"),
                reinterpret_cast<Function *>(&neighbors_of), m)
                == 0;
}

void destroy_arguments(frieze_kim_model *m) noexcept {
  try {
    if (m->arguments) m->kim->KIM_Model_ComputeArgumentsDestroy(m->model, &m->arguments);
  } catch (...) {
  }
  m->arguments = nullptr;
}

bool create_arguments(frieze_kim_model *m) {
  if (m->kim->KIM_Model_ComputeArgumentsCreate(m->model, &m->arguments) == 0) return true;
  m->arguments = nullptr;
  return false;
}

void destroy(frieze_kim_model *m) {
  destroy_arguments(m);
  if (m->model) m->kim->KIM_Model_Destroy(&m->model);
  delete m;
}

/// Whether the model does not work unless a routine is called that is not called here.
bool needs_routine(frieze_kim_model *m, const char *name) {
  int present = 0, required = 0;
  m->kim->KIM_Model_IsRoutinePresent(m->model, m->kim->KIM_ModelRoutineName_FromString(name), &present, &required);
  return present && required;
}

/// Why a model just made cannot be used, or NULL.
const char *unusable(frieze_kim_model *m) {
  if (needs_routine(m, "Extension") || needs_routine(m, "WriteParameterizedModel"))
    return "it needs an extension of the KIM API";
  if (!create_arguments(m)) return "the KIM API gives no arguments for it";
  if (!supported(m, "partialEnergy")) return "it gives no energy";
  if (!supported(m, "partialForces")) return "it gives no forces";
  const int none = 0;
  double zero[3] = {0, 0, 0};
  const int32_t offsets[2] = {0, 0};
  const frieze_kim_particles empty = {1, &none, &none, zero, offsets, offsets};
  int complete = 0;
  if (bind(m, &empty, zero, zero))
    m->kim->KIM_ComputeArguments_AreAllRequiredArgumentsAndCallbacksPresent(m->arguments, &complete);
  if (!complete) return "it needs more than positions, elements and neighbours";
  m->kim->KIM_Model_GetInfluenceDistance(m->model, &m->influence);
  m->kim->KIM_Model_GetNeighborListPointers(m->model, &m->lists, &m->cutoffs, &m->no_padding);
  return nullptr;
}

}  // namespace

// Models are C++ or Fortran and may throw; nothing of that leaves this file.

extern "C" frieze_kim *frieze_kim_open(const char *library, const char **lacking) {
  Entrance entrance(door);
  *lacking = nullptr;
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return nullptr;
  auto *kim = new (std::nothrow) frieze_kim();
  if (kim && !(*lacking = kim->bind(handle))) {
    // Else the library would write kim.log into the current directory.
    kim->KIM_Log_PushDefaultVerbosity(kim->KIM_LogVerbosity_FromString("silent"));
    return kim;
  }
  delete kim;
  dlclose(handle);
  return nullptr;
}

extern "C" char *frieze_kim_portable_models(frieze_kim *k) try {
  Entrance entrance(door);
  Collections *collections = nullptr;
  if (k->KIM_Collections_Create(&collections)) return nullptr;
  std::string names;
  int count = 0;
  Constant type = k->KIM_CollectionItemType_FromString("portableModel");
  if (k->KIM_Collections_CacheListOfItemNamesByType(collections, type, &count)) count = 0;
  for (int i = 0; i < count; ++i) {
    const char *name = nullptr;
    if (k->KIM_Collections_GetItemNameByType(collections, i, &name) == 0 && name) names.append(name).append("\n");
  }
  k->KIM_Collections_Destroy(&collections);
  return strdup(names.c_str());
} catch (...) {
  return nullptr;
}

extern "C" int frieze_kim_item(frieze_kim *k, const char *name) try {
  Entrance entrance(door);
  Collections *collections = nullptr;
  if (k->KIM_Collections_Create(&collections)) return FRIEZE_KIM_UNKNOWN;
  Constant type;
  int item = FRIEZE_KIM_UNKNOWN;
  if (k->KIM_Collections_GetItemType(collections, name, &type) == 0) {
    item = type.id == k->KIM_CollectionItemType_FromString("portableModel").id    ? FRIEZE_KIM_PORTABLE_MODEL
           : type.id == k->KIM_CollectionItemType_FromString("simulatorModel").id ? FRIEZE_KIM_SIMULATOR_MODEL
                                                                                  : FRIEZE_KIM_OTHER_ITEM;
  }
  k->KIM_Collections_Destroy(&collections);
  return item;
} catch (...) {
  return FRIEZE_KIM_UNKNOWN;
}

extern "C" frieze_kim_model *frieze_kim_model_create(frieze_kim *k, const char *name, const char **reason) try {
  Entrance entrance(door);
  Diversion diversion(k);
  auto *m = new frieze_kim_model();
  m->kim = k;
  int units = 0;
  if (k->KIM_Model_Create(
          k->KIM_Numbering_FromString("zeroBased"), k->KIM_LengthUnit_FromString("A"), k->KIM_EnergyUnit_FromString("eV"),
          k->KIM_ChargeUnit_FromString("e"), k->KIM_TemperatureUnit_FromString("K"), k->KIM_TimeUnit_FromString("ps"), name,
          &units, &m->model)) {
    m->model = nullptr;
    *reason = "the KIM API cannot load it";
  } else {
    *reason = units ? unusable(m) : "it does not work in angstrom and eV";
  }
  if (!*reason) return m;
  destroy(m);
  return nullptr;
} catch (...) {
  *reason = "it threw an exception";
  return nullptr;
}

extern "C" void frieze_kim_model_destroy(frieze_kim_model *m) try {
  Entrance entrance(door);
  destroy(m);
} catch (...) {
}

extern "C" double frieze_kim_influence_distance(const frieze_kim_model *m) { return m->influence; }
extern "C" int frieze_kim_lists(const frieze_kim_model *m) { return m->lists; }
extern "C" double frieze_kim_cutoff(const frieze_kim_model *m, int list) { return m->cutoffs[list]; }
extern "C" int frieze_kim_reads_padding(const frieze_kim_model *m, int list) { return !m->no_padding[list]; }

extern "C" int frieze_kim_species(const frieze_kim_model *m, const char *symbol, int *code) {
  Entrance entrance(door);
  int known = 0;
  if (m->kim->KIM_Model_GetSpeciesSupportAndCode(m->model, m->kim->KIM_SpeciesName_FromString(symbol), &known, code)) return 0;
  return known;
}

extern "C" int frieze_kim_compute(frieze_kim_model *m, const frieze_kim_particles *particles, double *energy, double *forces) try {
  Entrance entrance(door);
  if (!m->arguments && !create_arguments(m)) return 1;
  if (bind(m, particles, energy, forces) && m->kim->KIM_Model_Compute(m->model, m->arguments) == 0) return 0;
  destroy_arguments(m);
  return 1;
} catch (...) {
  destroy_arguments(m);
  return 1;
}
