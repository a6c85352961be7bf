#include "CGemmi.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include <gemmi/cif.hpp>
#include <gemmi/numb.hpp>
#include <gemmi/symmetry.hpp>

namespace {

using gemmi::cif::Block;

const std::string *first_value(Block &block, std::initializer_list<const char *> tags) {
  for (const char *tag : tags)
    if (const std::string *value = block.find_value(tag))
      if (!gemmi::cif::is_null(*value)) return value;
  return nullptr;
}

gemmi::GroupOps operations_of(Block &block, double alpha, double gamma, std::string &source, bool &known) {
  known = true;
  for (const char *tag : {"_space_group_symop_operation_xyz", "_space_group_symop.operation_xyz",
                          "_symmetry_equiv_pos_as_xyz", "_symmetry_equiv.pos_as_xyz"}) {
    gemmi::cif::Column column = block.find_values(tag);
    if (column.length() == 0) continue;
    gemmi::GroupOps ops;
    for (const std::string &value : column) ops.sym_ops.push_back(gemmi::parse_triplet(gemmi::cif::as_string(value)));
    ops.cen_ops.push_back({0, 0, 0});
    source = "operations";
    return ops;
  }
  if (const std::string *hall = first_value(
          block, {"_space_group_name_Hall", "_space_group.name_Hall", "_symmetry_space_group_name_Hall"})) {
    source = gemmi::cif::as_string(*hall);
    return gemmi::symops_from_hall(source.c_str());
  }
  if (const std::string *hm = first_value(block, {"_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M",
                                                  "_space_group_name_H-M", "_space_group.name_H-M_alt",
                                                  "_symmetry.space_group_name_H-M"})) {
    source = gemmi::cif::as_string(*hm);
    if (const gemmi::SpaceGroup *group = gemmi::find_spacegroup_by_name(source, alpha, gamma)) return group->operations();
  }
  if (const std::string *number = first_value(block, {"_space_group_IT_number", "_space_group.IT_number",
                                                      "_symmetry_Int_Tables_number", "_symmetry.Int_Tables_number"})) {
    int n = std::atoi(gemmi::cif::as_string(*number).c_str());
    if (const gemmi::SpaceGroup *group = n > 0 ? gemmi::find_spacegroup_by_number(n) : nullptr) {
      if (source.empty()) source = std::to_string(n);
      return group->operations();
    }
    source = gemmi::cif::as_string(*number);
  }
  known = source.empty();
  if (known) source = "none";
  gemmi::GroupOps identity;
  identity.sym_ops.push_back(gemmi::Op::identity());
  identity.cen_ops.push_back({0, 0, 0});
  return identity;
}

template <typename T>
T *allocate(size_t n) {
  T *p = static_cast<T *>(std::calloc(n ? n : 1, sizeof(T)));
  if (!p) throw std::bad_alloc();
  return p;
}

void copy_text(char *to, size_t size, const std::string &from) { std::snprintf(to, size, "%s", from.c_str()); }

void read_block(Block &block, gemmi::cif::Table &table, frieze_cif_block &out) {
  copy_text(out.name, sizeof out.name, block.name);
  const char *cell_tags[6] = {"_cell_length_a",    "_cell_length_b",   "_cell_length_c",
                              "_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"};
  for (int i = 0; i < 6; ++i) {
    const std::string *value = block.find_value(cell_tags[i]);
    std::string dotted = cell_tags[i];
    dotted[5] = '.';
    if (!value) value = block.find_value(dotted);
    out.cell[i] = value ? gemmi::cif::as_number(*value) : NAN;
  }
  std::string source;
  bool known = false;
  gemmi::GroupOps group = operations_of(block, out.cell[3], out.cell[5], source, known);
  copy_text(out.symmetry, sizeof out.symmetry, source);
  std::vector<gemmi::Op> ops;
  if (known)
    for (const gemmi::Op &op : group) {
      if (ops.size() >= 4096) break;
      ops.push_back(op);
    }
  out.operations = allocate<int>(12 * ops.size());
  out.operation_count = static_cast<int>(ops.size());
  for (size_t g = 0; g < ops.size(); ++g) {
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) out.operations[12 * g + 3 * i + j] = ops[g].rot[i][j] / gemmi::Op::DEN;
      out.operations[12 * g + 9 + i] = ops[g].tran[i];
    }
  }
  size_t n = table.length();
  out.site_count = static_cast<int>(n);
  out.coordinates = allocate<double>(3 * n);
  out.occupancy = allocate<double>(n);
  out.disorder = allocate<int>(n);
  out.element = static_cast<char(*)[8]>(static_cast<void *>(allocate<char>(8 * n)));
  size_t i = 0;
  for (auto row : table) {
    for (int k = 0; k < 3; ++k) out.coordinates[3 * i + k] = gemmi::cif::as_number(row[k]);
    std::string element = row.has2(4) ? row.str(4) : row.has2(3) ? row.str(3) : "";
    copy_text(out.element[i], 8, element);
    out.occupancy[i] = row.has2(5) ? gemmi::cif::as_number(row[5], 1.0) : 1.0;
    if (row.has2(6)) out.disorder[i] = std::atoi(row.str(6).c_str());
    ++i;
  }
}

}  // namespace

extern "C" void frieze_cif_free(frieze_cif_block *blocks, int block_count) {
  for (int i = 0; i < block_count; ++i) {
    std::free(blocks[i].operations);
    std::free(blocks[i].coordinates);
    std::free(blocks[i].occupancy);
    std::free(blocks[i].disorder);
    std::free(blocks[i].element);
  }
  std::free(blocks);
}

extern "C" int frieze_cif_read(const char *text, size_t length, int maximum_sites, frieze_cif_block **blocks,
                               int *block_count, char *message, size_t message_length) {
  *blocks = nullptr;
  *block_count = 0;
  int filled = 0;
  frieze_cif_block *found = nullptr;
  try {
    gemmi::cif::Document document = gemmi::cif::read_memory(text, length, "cif");
    found = allocate<frieze_cif_block>(document.blocks.size());
    for (Block &block : document.blocks) {
      for (const char *prefix : {"_atom_site_", "_atom_site."}) {
        gemmi::cif::Table table = block.find(
            prefix, {"fract_x", "fract_y", "fract_z", "?label", "?type_symbol", "?occupancy", "?disorder_group"});
        if (!table.ok() || table.length() == 0) continue;
        if (table.length() > static_cast<size_t>(maximum_sites))
          throw std::runtime_error(std::to_string(table.length()) + " atom sites, more than " +
                                   std::to_string(maximum_sites));
        ++filled;
        read_block(block, table, found[filled - 1]);
        break;
      }
    }
    *blocks = found;
    *block_count = filled;
    return 0;
  } catch (const std::exception &error) {
    std::string what = error.what();
    for (char &c : what)
      if (c == '\n' || c == '\r') c = ' ';
    std::snprintf(message, message_length, "%s", what.c_str());
  } catch (...) {
    std::snprintf(message, message_length, "unreadable");
  }
  frieze_cif_free(found, filled);
  return 1;
}
