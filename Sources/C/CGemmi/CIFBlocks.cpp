#include "CGemmi.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <gemmi/cif.hpp>
#include <gemmi/numb.hpp>

namespace {

using gemmi::cif::Block;

struct TooManySites : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <typename T>
T *allocate(size_t n) {
  T *p = static_cast<T *>(std::calloc(n ? n : 1, sizeof(T)));
  if (!p) throw std::bad_alloc();
  return p;
}

template <size_t Size>
void copy_text(char (&to)[Size], const std::string &from) {
  std::snprintf(to, Size, "%s", from.c_str());
}

/// The first value of the first tag of a list that has one, whether it stands alone or in a loop.
std::string first_value(Block &block, std::initializer_list<const char *> tags) {
  for (const char *tag : tags)
    for (const std::string &value : block.find_values(tag))
      if (!value.empty() && !gemmi::cif::is_null(value)) return gemmi::cif::as_string(value);
  return "";
}

double number_or_nan(const std::string &value) { return value.empty() ? NAN : gemmi::cif::as_number(value); }

void read_cell(Block &block, frieze_cif_block &out) {
  const char *tags[6][2] = {{"_cell_length_a", "_cell.length_a"},       {"_cell_length_b", "_cell.length_b"},
                            {"_cell_length_c", "_cell.length_c"},       {"_cell_angle_alpha", "_cell.angle_alpha"},
                            {"_cell_angle_beta", "_cell.angle_beta"},   {"_cell_angle_gamma", "_cell.angle_gamma"}};
  for (int i = 0; i < 6; ++i) out.cell[i] = number_or_nan(first_value(block, {tags[i][0], tags[i][1]}));
}

std::string plain_tag(const std::string &tag) {
  std::string name = gemmi::to_lower(tag);
  for (char &c : name)
    if (c == '.' || c == '-') c = '_';
  return name;
}

/// Whether a tag, as `plain_tag` gives it, may say which symmetry a crystal has.
bool speaks_of_symmetry(const std::string &name) {
  for (const char *prefix : {"_symmetry", "_space_group", "_spacegroup", "_magnetic_space_group", "_parent_space_group",
                             "_parent_propagation", "_cell_modulation", "_cell_wave_vector", "_cell_subsystem",
                             "_atom_site_fourier", "_atom_site_displace", "_atom_site_occ_fourier", "_cod_original_sg"})
    if (gemmi::starts_with(name, prefix)) return true;
  for (const char *prefix : {"_geom", "_refln", "_atom_site", "_diffrn", "_publ", "_journal"})
    if (gemmi::starts_with(name, prefix)) return false;
  // A name misspelt is a name all the same.
  for (const char *part : {"space_group", "group_name", "name_h_m", "name_hall", "it_number", "tables_number", "symop",
                           "equiv_pos", "_symmetry_", "spacegroup", "_sg_"})
    if (name.find(part) != std::string::npos) return true;
  return false;
}

/// The value of the first tag with a part in its name; where the proper name is misspelt.
std::string value_like(Block &block, const char *part) {
  for (const gemmi::cif::Item &item : block.items)
    if (item.type == gemmi::cif::ItemType::Pair && plain_tag(item.pair[0]).find(part) != std::string::npos &&
        !gemmi::cif::is_null(item.pair[1]))
      return gemmi::cif::as_string(item.pair[1]);
  return "";
}

void read_words(Block &block, frieze_cif_block &out) {
  std::vector<std::pair<std::string, std::string>> found;
  auto add = [&](const std::string &tag, const std::string &value) {
    if (found.size() < 200 && !value.empty() && !gemmi::cif::is_null(value))
      found.emplace_back(plain_tag(tag), gemmi::cif::as_string(value));
  };
  for (const gemmi::cif::Item &item : block.items) {
    if (item.type == gemmi::cif::ItemType::Pair && speaks_of_symmetry(plain_tag(item.pair[0])))
      add(item.pair[0], item.pair[1]);
    if (item.type == gemmi::cif::ItemType::Loop)
      for (size_t k = 0; k < item.loop.tags.size(); ++k) {
        if (!speaks_of_symmetry(plain_tag(item.loop.tags[k]))) continue;
        for (size_t i = k; i < item.loop.values.size(); i += item.loop.tags.size())
          if (!gemmi::cif::is_null(item.loop.values[i])) {
            add(item.loop.tags[k], item.loop.values[i]);
            break;
          }
      }
  }
  size_t n = found.size();
  out.tags = static_cast<char(*)[64]>(static_cast<void *>(allocate<char>(64 * n)));
  out.words = static_cast<char(*)[96]>(static_cast<void *>(allocate<char>(96 * n)));
  out.word_count = static_cast<int>(n);
  for (size_t i = 0; i < n; ++i) {
    copy_text(out.tags[i], found[i].first);
    copy_text(out.words[i], found[i].second);
  }
}

/// The values of the first tag of a list that has more than `?` and `.`.
int read_operators(Block &block, std::initializer_list<const char *> tags, char (**to)[96]) {
  for (const char *tag : tags) {
    gemmi::cif::Column column = block.find_values(tag);
    size_t n = static_cast<size_t>(column.length());
    if (n == 0 || n > 4096) continue;
    std::vector<std::string> values;
    bool has_any = false;
    for (const std::string &value : column) {
      has_any = has_any || !gemmi::cif::is_null(value);
      values.push_back(gemmi::cif::is_null(value) ? "?" : gemmi::cif::as_string(value));
    }
    if (!has_any) continue;
    *to = static_cast<char(*)[96]>(static_cast<void *>(allocate<char>(96 * values.size())));
    for (size_t i = 0; i < values.size(); ++i) copy_text((*to)[i], values[i]);
    return static_cast<int>(values.size());
  }
  return 0;
}

void read_symmetry(Block &block, frieze_cif_block &out) {
  read_words(block, out);
  // The operations of a magnetic group are those of the cell that is listed; a parent's would be of another.
  out.operator_count = read_operators(
      block,
      {"_space_group_symop_magn_operation.xyz", "_space_group_symop_magn_operation_xyz",
       "_space_group_symop.magn_operation_xyz", "_magnetic_space_group_symop_operation_xyz",
       "_magnetic_space_group_symop.operation_xyz", "_space_group_symop_operation_xyz", "_space_group_symop.operation_xyz",
       "_symmetry_equiv_pos_as_xyz", "_symmetry_equiv.pos_as_xyz", "_symmetry_equiv_pos_as_xyz_"},
      &out.operators);
  out.centering_count = read_operators(
      block,
      {"_space_group_symop_magn_centering.xyz", "_space_group_symop_magn_centering_xyz",
       "_space_group_symop.magn_centering_xyz", "_magnetic_space_group_symop_centering_xyz"},
      &out.centerings);
}

void read_sites(gemmi::cif::Table &table, frieze_cif_block &out) {
  size_t n = table.length();
  out.site_count = static_cast<int>(n);
  out.coordinates = allocate<double>(3 * n);
  out.occupancy = allocate<double>(n);
  out.multiplicity = allocate<int>(n);
  out.disorder = allocate<int>(n);
  out.dummy = allocate<int>(n);
  out.attached_hydrogens = allocate<int>(n);
  out.element = static_cast<char(*)[32]>(static_cast<void *>(allocate<char>(32 * n)));
  out.label = static_cast<char(*)[32]>(static_cast<void *>(allocate<char>(32 * n)));
  size_t i = 0;
  for (auto row : table) {
    for (int k = 0; k < 3; ++k) out.coordinates[3 * i + k] = number_or_nan(row.str(k));
    if (row.has2(3)) copy_text(out.label[i], row.str(3));
    if (row.has2(4)) copy_text(out.element[i], row.str(4));
    out.occupancy[i] = row.has2(5) ? number_or_nan(row.str(5)) : 1.0;
    out.disorder[i] = row.has2(6) && row.str(6) != "0";
    out.dummy[i] = row.has2(7) && gemmi::iequal(row.str(7), "dum");
    double multiplicity = number_or_nan(row.has2(8) ? row.str(8) : row.has2(10) ? row.str(10) : "0");
    if (multiplicity > 0 && multiplicity < 1e6) out.multiplicity[i] = static_cast<int>(multiplicity);
    double hydrogens = row.has2(9) ? number_or_nan(row.str(9)) : 0;
    if (hydrogens > 0 && hydrogens < 100) out.attached_hydrogens[i] = static_cast<int>(std::ceil(hydrogens));
    ++i;
  }
}

/// Tags that matter here and stand twice in a block would be read one way or the other by chance.
void refuse_duplicates(const Block &block) {
  std::vector<std::string> seen;
  auto check = [&](const std::string &tag) {
    std::string name = gemmi::to_lower(tag);
    for (char &c : name)
      if (c == '.') c = '_';
    for (const char *prefix : {"_cell_length", "_cell_angle", "_atom_site_", "_symmetry_", "_space_group_"})
      if (gemmi::starts_with(name, prefix)) {
        for (const std::string &other : seen)
          if (other == name) throw std::runtime_error("block " + block.name + " has " + tag + " twice");
        if (seen.size() < 1000) seen.push_back(name);
        return;
      }
  };
  for (const gemmi::cif::Item &item : block.items) {
    if (item.type == gemmi::cif::ItemType::Pair) check(item.pair[0]);
    if (item.type == gemmi::cif::ItemType::Loop)
      for (const std::string &tag : item.loop.tags) check(tag);
  }
}

}  // namespace

extern "C" void frieze_cif_free(frieze_cif_block *blocks, int block_count) {
  for (int i = 0; i < block_count; ++i) {
    std::free(blocks[i].tags);
    std::free(blocks[i].words);
    std::free(blocks[i].operators);
    std::free(blocks[i].centerings);
    std::free(blocks[i].coordinates);
    std::free(blocks[i].occupancy);
    std::free(blocks[i].multiplicity);
    std::free(blocks[i].disorder);
    std::free(blocks[i].dummy);
    std::free(blocks[i].attached_hydrogens);
    std::free(blocks[i].element);
    std::free(blocks[i].label);
  }
  std::free(blocks);
}

extern "C" int frieze_cif_read(const char *text, size_t length, int maximum_sites, frieze_cif_block **blocks,
                               int *block_count, char *message, size_t message_length) {
  *blocks = nullptr;
  *block_count = 0;
  int filled = 0;
  int status = 1;
  frieze_cif_block *found = nullptr;
  std::string what = "unreadable";
  try {
    // Not read_memory: a block name or a tag of no interest that stands twice is no reason to refuse a file.
    gemmi::cif::Document document;
    tao::pegtl::memory_input<> input(text, length, "cif");
    gemmi::cif::parse_input(document, input);
    found = allocate<frieze_cif_block>(document.blocks.size());
    for (Block &block : document.blocks) {
      for (const char *prefix : {"_atom_site_", "_atom_site."}) {
        gemmi::cif::Table table =
            block.find(prefix, {"fract_x", "fract_y", "fract_z", "?label", "?type_symbol", "?occupancy",
                                "?disorder_group", "?calc_flag", "?symmetry_multiplicity", "?attached_hydrogens",
                                "?site_symmetry_multiplicity"});
        if (!table.ok() || table.length() == 0) continue;
        if (table.length() > static_cast<size_t>(maximum_sites))
          throw TooManySites(std::to_string(table.length()) + " atom sites, more than " +
                             std::to_string(maximum_sites));
        refuse_duplicates(block);
        frieze_cif_block &out = found[filled++];
        copy_text(out.name, block.name);
        read_cell(block, out);
        read_symmetry(block, out);
        copy_text(out.formula,
                  first_value(block, {"_chemical_formula_sum", "_chemical_formula.sum", "_chemical_formula_structural",
                                      "_chemical_formula.structural", "_chemical_formula_moiety",
                                      "_chemical_formula.moiety"}));
        if (!out.formula[0]) copy_text(out.formula, value_like(block, "formula_sum"));
        out.volume = number_or_nan(first_value(block, {"_cell_volume", "_cell.volume"}));
        out.formula_units = number_or_nan(
            first_value(block, {"_cell_formula_units_Z", "_cell.formula_units_Z", "_cell_formula_units.Z"}));
        out.density = number_or_nan(
            first_value(block, {"_exptl_crystal_density_diffrn", "_exptl_crystal.density_diffrn"}));
        read_sites(table, out);
        break;
      }
    }
    *blocks = found;
    *block_count = filled;
    return 0;
  } catch (const TooManySites &error) {
    what = error.what();
    status = 2;
  } catch (const std::exception &error) {
    what = error.what();
  } catch (...) {
  }
  for (char &c : what)
    if (c < ' ' || c > '~') c = ' ';
  std::snprintf(message, message_length, "%s", what.c_str());
  frieze_cif_free(found, filled);
  return status;
}
