// How libFuzzer changes an input that is a serialised protobuf message: by its fields, so that lengths stay right and most inputs
// reach the code behind the parser. Knows no schema: what parses as fields is taken as a message. Fuzz builds only, linked into
// the fuzzers whose inputs are messages of relay_cases.proto or member_cases.proto.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace {

constexpr unsigned depth_max = 12, field_number_max = 60;
constexpr std::array<std::size_t, 14> lengths{0, 1, 2, 3, 15, 16, 31, 32, 33, 64, 112, 200, 1024, 1025};
constexpr std::array<std::uint64_t, 12> numbers{
    0, 1, 2, 3, 32, 255, 256, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, ~std::uint64_t{0}};

struct Field;
using Fields = std::vector<Field>;
struct Field {
  std::uint32_t number = 0, type = 0;
  std::uint64_t value = 0;  // varint, fixed
  std::string bytes{};      // length-delimited and no message
  Fields inside{};          // a message
  bool message = false;
};

std::optional<std::uint64_t> take_varint(std::string_view& from) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(from.front());
    from.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

std::optional<Fields> parse(std::string_view from, unsigned depth) {
  Fields out;
  while (!from.empty()) {
    const auto key = take_varint(from);
    if (!key || *key >> 3 == 0 || *key >> 3 > field_number_max) return std::nullopt;
    Field field{.number = static_cast<std::uint32_t>(*key >> 3), .type = static_cast<std::uint32_t>(*key & 7)};
    if (field.type == 0) {
      const auto value = take_varint(from);
      if (!value) return std::nullopt;
      field.value = *value;
    } else if (field.type == 2) {
      const auto size = take_varint(from);
      if (!size || *size > from.size()) return std::nullopt;
      field.bytes = from.substr(0, *size);
      from.remove_prefix(*size);
      if (auto inside = depth < depth_max && *size > 1 ? parse(field.bytes, depth + 1) : std::nullopt) {
        field.message = true;
        field.inside = std::move(*inside);
      }
    } else {
      return std::nullopt;  // no fixed numbers in our languages
    }
    out.push_back(std::move(field));
  }
  return out;
}

void put_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

std::string written(const Fields& fields) {
  std::string out;
  for (const Field& field : fields) {
    put_varint(out, std::uint64_t{field.number} << 3 | field.type);
    if (field.type == 0) {
      put_varint(out, field.value);
      continue;
    }
    const std::string bytes = field.message ? written(field.inside) : field.bytes;
    put_varint(out, bytes.size());
    out += bytes;
  }
  return out;
}

struct Place {
  Fields* in;
  std::size_t at;
  Field& field() const { return (*in)[at]; }
};

void collect(Fields& fields, std::vector<Place>& out) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    out.push_back({&fields, i});
    if (fields[i].message) collect(fields[i].inside, out);
  }
}

void change_bytes(std::string& bytes, std::mt19937& random) {
  if (random() % 2 == 0) {
    bytes.resize(lengths[random() % lengths.size()], static_cast<char>(random()));
    return;
  }
  const std::size_t size = bytes.size();
  bytes.resize(size + 16);
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
}

void change_leaf(Field& field, std::mt19937& random) {
  if (field.type == 0) {
    if (random() % 3 == 0)
      field.value += random() % 2 == 0 ? 1 : ~std::uint64_t{0};
    else
      field.value = random() % 2 == 0 ? numbers[random() % numbers.size()] : random() % 70;
  } else if (!field.message) {
    change_bytes(field.bytes, random);
  } else if (random() % 8 == 0) {  // a message becomes bytes like any others
    field.bytes = written(field.inside);
    field.message = false;
    change_bytes(field.bytes, random);
  } else {
    Field fresh{.number = static_cast<std::uint32_t>(1 + random() % field_number_max), .type = random() % 2 == 0 ? 0u : 2u};
    fresh.value = random() % 4;
    field.inside.insert(field.inside.begin() + static_cast<std::ptrdiff_t>(random() % (field.inside.size() + 1)), fresh);
  }
}

void mutate(Fields& fields, std::mt19937& random) {
  std::vector<Place> places;
  collect(fields, places);
  if (places.empty()) return fields.push_back({.number = 1, .type = 2});
  const Place place = places[random() % places.size()];
  const Field other = places[random() % places.size()].field();
  switch (random() % 8) {
    case 0:
      place.in->erase(place.in->begin() + static_cast<std::ptrdiff_t>(place.at));
      break;
    case 1: {  // once more
      const Field copy = place.field();
      place.in->insert(place.in->begin() + static_cast<std::ptrdiff_t>(place.at), copy);
      break;
    }
    case 2:  // what stands elsewhere
      if (other.type == place.field().type) {
        const std::uint32_t number = place.field().number;
        place.field() = other;
        place.field().number = number;
      }
      break;
    case 3:  // another field of the same message, or the same under another number
      if (random() % 2 == 0)
        std::swap(place.field(), (*place.in)[random() % place.in->size()]);
      else
        place.field().number = static_cast<std::uint32_t>(1 + random() % field_number_max);
      break;
    default:
      change_leaf(place.field(), random);
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t size_max, unsigned seed) {
  std::mt19937 random(seed);
  std::optional<Fields> fields = parse({reinterpret_cast<const char*>(data), size}, 0);
  if (!fields || random() % 32 == 0) return LLVMFuzzerMutate(data, size, size_max);
  for (unsigned times = 1 + random() % 3; times > 0; --times) mutate(*fields, random);
  const std::string out = written(*fields);
  if (out.size() > size_max) return size;
  std::memcpy(data, out.data(), out.size());
  return out.size();
}

// Fields of one input after those of another: two halves of a story become one.
extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* one, std::size_t one_size, const std::uint8_t* two,
                                                 std::size_t two_size, std::uint8_t* out, std::size_t size_max, unsigned seed) {
  std::mt19937 random(seed);
  const auto first = parse({reinterpret_cast<const char*>(one), one_size}, depth_max);
  const auto second = parse({reinterpret_cast<const char*>(two), two_size}, depth_max);
  if (!first || !second) return 0;
  Fields both(first->begin(), first->begin() + static_cast<std::ptrdiff_t>(random() % (first->size() + 1)));
  both.insert(both.end(), second->begin() + static_cast<std::ptrdiff_t>(random() % (second->size() + 1)), second->end());
  const std::string joined = written(both);
  if (joined.size() > size_max) return 0;
  std::memcpy(out, joined.data(), joined.size());
  return joined.size();
}
