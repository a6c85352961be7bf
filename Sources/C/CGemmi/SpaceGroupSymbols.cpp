#include "CGemmi.h"

#include <cstdio>
#include <cstring>
#include <string>

#include <gemmi/symmetry.hpp>

namespace {

/// Whether gemmi may be given a Hall symbol: it writes outside its arrays where a screw subscript has no axis.
bool is_safe_hall_symbol(const std::string &symbol) {
  if (symbol.size() > 80) return false;
  size_t end = symbol.find('(');
  std::string basis = end == std::string::npos ? "" : symbol.substr(end);
  int digits = 0;
  for (char c : basis) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits > 2) return false;
  }
  int position = -1;  // the lattice symbol, then 1, 2, …
  size_t i = 0;
  std::string head = symbol.substr(0, end);
  while (i < head.size()) {
    if (head[i] == ' ' || head[i] == '_' || head[i] == '\t') {
      ++i;
      continue;
    }
    size_t stop = head.find_first_of(" _\t", i);
    if (stop == std::string::npos) stop = head.size();
    std::string token = head.substr(i, stop - i);
    i = stop;
    if (++position == 0) {
      // "- P" and glued symbols such as "P2" are not worth guessing at.
      if (token.size() > 2 || (token.size() == 2 && token[0] != '-') || token == "-") return false;
      continue;
    }
    if (position > 4) return false;
    size_t order = token[0] == '-' ? 1 : 0;
    bool axis = token.find_first_of("xyz") != std::string::npos;
    bool diagonal = token.find_first_of("'\"*") != std::string::npos;
    bool subscript = token.find_first_of("12345", order + 1) != std::string::npos;
    if (subscript && !axis && (position != 1 || diagonal)) return false;
  }
  return position >= 1;
}

}  // namespace

extern "C" int frieze_operations_of_hall(const char *symbol, int *operations, int capacity) {
  try {
    if (!is_safe_hall_symbol(symbol)) return 0;
    gemmi::GroupOps group = gemmi::symops_from_hall(symbol);
    if (group.sym_ops.size() * group.cen_ops.size() > static_cast<size_t>(capacity)) return 0;
    int count = 0;
    for (const gemmi::Op &op : group) {
      int *row = operations + 12 * count++;
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
          if (op.rot[i][j] % gemmi::Op::DEN != 0) return 0;
          row[3 * i + j] = op.rot[i][j] / gemmi::Op::DEN;
        }
        row[9 + i] = op.tran[i];
      }
    }
    return count;
  } catch (...) {
    return 0;
  }
}

extern "C" const char *frieze_hall_of_hermann_mauguin(const char *symbol, double alpha, double gamma, int index) {
  try {
    const gemmi::SpaceGroup *group = gemmi::find_spacegroup_by_name(symbol, alpha, gamma);
    if (!group || index == 0) return group ? group->hall : nullptr;
    if (index > 1 || group->ext != '1' || std::strchr(symbol, ':')) return nullptr;
    for (const gemmi::SpaceGroup &other : gemmi::spacegroup_tables::main)
      if (other.ext == '2' && other.number == group->number && std::strcmp(other.hm, group->hm) == 0) return other.hall;
  } catch (...) {
  }
  return nullptr;
}

extern "C" const char *frieze_hall_of_number(int number, int index) {
  for (int reference = 1; reference >= 0; --reference)
    for (const gemmi::SpaceGroup &group : gemmi::spacegroup_tables::main)
      if (group.number == number && group.is_reference_setting() == (reference == 1) && index-- == 0) return group.hall;
  return nullptr;
}

extern "C" void frieze_hermann_mauguin_of_number(int number, char *symbol, size_t length) {
  std::snprintf(symbol, length, "%s", "");
  for (const gemmi::SpaceGroup &group : gemmi::spacegroup_tables::main)
    if (group.number == number && group.is_reference_setting()) {
      if (group.ext)
        std::snprintf(symbol, length, "%s:%c", group.hm, group.ext);
      else
        std::snprintf(symbol, length, "%s", group.hm);
      return;
    }
}
