#ifndef FRIEZE_KIM_LIBRARY_H
#define FRIEZE_KIM_LIBRARY_H

#include <dlfcn.h>

// The KIM API's library as it is called: opened at run time, its types and functions as version 2 has them.

namespace kim_api {

/// A constant of the library: each of its enumerations is a structure of one int, and is passed and returned as such.
struct Constant {
  int id;
};
struct Model;
struct Arguments;
struct Collections;
using Function = void();

/// The functions of the library that are called, with the types that version 2 gives them.
#define NAMED(X)                                                                                                           \
  X(KIM_LogVerbosity_FromString)                                                                                           \
  X(KIM_LanguageName_FromString)                                                                                           \
  X(KIM_Numbering_FromString)                                                                                              \
  X(KIM_LengthUnit_FromString)                                                                                             \
  X(KIM_EnergyUnit_FromString)                                                                                             \
  X(KIM_ChargeUnit_FromString)                                                                                             \
  X(KIM_TemperatureUnit_FromString)                                                                                        \
  X(KIM_TimeUnit_FromString)                                                                                               \
  X(KIM_SpeciesName_FromString)                                                                                            \
  X(KIM_ModelRoutineName_FromString)                                                                                       \
  X(KIM_SupportStatus_FromString)                                                                                          \
  X(KIM_ComputeArgumentName_FromString)                                                                                    \
  X(KIM_ComputeCallbackName_FromString)                                                                                    \
  X(KIM_CollectionItemType_FromString)
#define CALLS(X)                                                                                                           \
  X(KIM_Log_PushDefaultVerbosity, void, (Constant))                                                                        \
  X(KIM_Collections_Create, int, (Collections **))                                                                         \
  X(KIM_Collections_Destroy, void, (Collections **))                                                                       \
  X(KIM_Collections_GetItemType, int, (Collections *, const char *, Constant *))                                           \
  X(KIM_Collections_CacheListOfItemNamesByType, int, (Collections *, Constant, int *))                                     \
  X(KIM_Collections_GetItemNameByType, int, (Collections *, int, const char **))                                           \
  X(KIM_Model_Create, int,                                                                                                 \
    (Constant, Constant, Constant, Constant, Constant, Constant, const char *, int *, Model **))                           \
  X(KIM_Model_Destroy, void, (Model **))                                                                                   \
  X(KIM_Model_IsRoutinePresent, int, (const Model *, Constant, int *, int *))                                              \
  X(KIM_Model_GetInfluenceDistance, void, (const Model *, double *))                                                       \
  X(KIM_Model_GetNeighborListPointers, void, (const Model *, int *, const double **, const int **))                        \
  X(KIM_Model_GetSpeciesSupportAndCode, int, (const Model *, Constant, int *, int *))                                      \
  X(KIM_Model_ComputeArgumentsCreate, int, (const Model *, Arguments **))                                                  \
  X(KIM_Model_ComputeArgumentsDestroy, int, (const Model *, Arguments **))                                                 \
  X(KIM_Model_Compute, int, (const Model *, const Arguments *))                                                            \
  X(KIM_ComputeArguments_GetArgumentSupportStatus, int, (const Arguments *, Constant, Constant *))                         \
  X(KIM_ComputeArguments_SetArgumentPointerInteger, int, (Arguments *, Constant, const int *))                             \
  X(KIM_ComputeArguments_SetArgumentPointerDouble, int, (Arguments *, Constant, const double *))                           \
  X(KIM_ComputeArguments_SetCallbackPointer, int, (Arguments *, Constant, Constant, Function *, void *))                   \
  X(KIM_ComputeArguments_AreAllRequiredArgumentsAndCallbacksPresent, void, (const Arguments *, int *))

}  // namespace kim_api

struct frieze_kim {
  using Constant = kim_api::Constant;
  using Model = kim_api::Model;
  using Arguments = kim_api::Arguments;
  using Collections = kim_api::Collections;
  using Function = kim_api::Function;

  /// Writes out what Fortran still holds back of its output; NULL where there is no such runtime.
  void (*flush_fortran)(int *unit) = nullptr;
#define DECLARE_NAMED(name) Constant (*name)(const char *) = nullptr;
#define DECLARE(name, result, parameters) result(*name) parameters = nullptr;
  NAMED(DECLARE_NAMED)
  CALLS(DECLARE)
#undef DECLARE
#undef DECLARE_NAMED

  /// Looks all functions up; the name of the first that is not there, or NULL.
  const char *bind(void *handle) {
#define BIND_NAMED(name) BIND(name, , )
#define BIND(name, result, parameters)                                                                                     \
  if (!(name = reinterpret_cast<decltype(name)>(dlsym(handle, #name)))) return #name;
    NAMED(BIND_NAMED)
    CALLS(BIND)
    flush_fortran = reinterpret_cast<decltype(flush_fortran)>(dlsym(handle, "_gfortran_flush_i4"));
#undef BIND
#undef BIND_NAMED
    return nullptr;
  }
};

#undef NAMED
#undef CALLS
#endif
