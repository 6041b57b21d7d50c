// What encrypting the store's files costs, by the cipher that every log and table goes through. One function seals and opens:
// files are sealed at their end, whole blocks after whole blocks, and opened at any place.
#include <benchmark/benchmark.h>

#include "crypto/base/file_cipher.hpp"
#include "crypto/base/random.hpp"

namespace vigil::bench {
namespace {

// Reads of tables begin where a row block does, which is nearly never where one of the cipher's does.
constexpr std::uint64_t read_from = 64 + 4093;

void seal_file_bytes(benchmark::State& state) {
  const FileCipher cipher(SecretBytes(random_bytes(32)));
  Bytes bytes = random_bytes(static_cast<std::size_t>(state.range(0)));
  std::uint64_t end = 64;
  for (auto turn : state) {
    cipher.apply(end, bytes);
    end += bytes.size();
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void open_file_bytes(benchmark::State& state) {
  const FileCipher cipher(SecretBytes(random_bytes(32)));
  Bytes bytes = random_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto turn : state) {
    cipher.apply(read_from, bytes);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK(seal_file_bytes)->ArgName("bytes")->Arg(4 << 10)->Arg(32 << 10)->Arg(256 << 10);
BENCHMARK(open_file_bytes)->ArgName("bytes")->Arg(4 << 10)->Arg(32 << 10)->Arg(256 << 10);

}  // namespace
}  // namespace vigil::bench
