#include "crypto/base/secret_bytes.hpp"

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace vigil {
namespace {

// While it starts, libsodium exchanges its implementations for faster ones, and a MAC that another thread began with one and ends
// with the other is wrong. So it starts before any thread and before any static object, not when it is first needed.
[[gnu::constructor(101)]] void start_libsodium() {
  if (sodium_init() >= 0) return;
  std::fputs("libsodium cannot start: no source of random bytes\n", stderr);
  std::exit(70);  // EX_SOFTWARE
}

// sodium_malloc takes seven system calls and four pages for a key of 32 bytes, and the system lets a process lock 8 MB in all. So
// small secrets share locked slabs, cut into pieces of four sizes; only what is larger gets pages of its own. A piece is wiped
// when it is given back, and slabs are kept until the process ends.
class LockedPieces {
 public:
  // Null for sizes beyond the largest piece.
  std::uint8_t* take(std::size_t size) {
    const std::optional<std::size_t> fitting = size_class(size);
    if (!fitting) return nullptr;
    const std::lock_guard lock(mutex_);
    std::vector<std::uint8_t*>& free = free_[*fitting];
    if (free.empty()) cut_slab(*fitting);
    std::uint8_t* piece = free.back();
    free.pop_back();
    return piece;
  }

  // False when the memory is not of a piece's size: it has pages of its own.
  bool give_back(std::uint8_t* piece, std::size_t size) {
    const std::optional<std::size_t> fitting = size_class(size);
    if (!fitting) return false;
    sodium_memzero(piece, piece_bytes[*fitting]);
    const std::lock_guard lock(mutex_);
    free_[*fitting].push_back(piece);
    return true;
  }

 private:
  static constexpr std::array<std::size_t, 4> piece_bytes{64, 256, 1024, 4096};
  static constexpr std::size_t slab_bytes = 64 * 1024;

  static std::optional<std::size_t> size_class(std::size_t size) {
    for (std::size_t i = 0; i < piece_bytes.size(); ++i)
      if (size <= piece_bytes[i]) return i;
    return std::nullopt;
  }

  void cut_slab(std::size_t fitting) {
    std::vector<std::uint8_t*>& free = free_[fitting];
    slabs_ += 1;
    free.reserve(slabs_ * slab_bytes / piece_bytes[fitting]);  // so that giving back never allocates
    auto* slab = static_cast<std::uint8_t*>(sodium_malloc(slab_bytes));
    if (slab == nullptr) throw std::bad_alloc();
    sodium_memzero(slab, slab_bytes);
    for (std::size_t at = 0; at < slab_bytes; at += piece_bytes[fitting]) free.push_back(slab + at);
  }

  std::mutex mutex_;
  std::array<std::vector<std::uint8_t*>, piece_bytes.size()> free_;
  std::size_t slabs_ = 0;
};

// Never destroyed: secrets of static objects may end after everything else.
LockedPieces& pieces() {
  static LockedPieces& made = *new LockedPieces;
  return made;
}

void release(std::uint8_t* data, std::size_t size) {
  if (data != nullptr && !pieces().give_back(data, size)) sodium_free(data);  // which wipes as well
}

// The last bytes that a thread has copied stay in its vector registers for as long as it waits.
#ifdef __x86_64__
[[gnu::noinline, gnu::target("avx512f")]] void wipe_registers_avx512() {
  asm volatile(
      "vzeroall\n"  // 0 to 15
      ".irp number,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
      "vpxorq %%zmm\\number, %%zmm\\number, %%zmm\\number\n"
      ".endr" ::
          : "memory");
}
[[gnu::noinline, gnu::target("avx")]] void wipe_registers_avx() {
  asm volatile("vzeroall" ::: "memory");
}
#endif
[[gnu::noinline, gnu::zero_call_used_regs("all")]] void wipe_registers_on_return() {
  asm volatile("" ::: "memory");
}

// No compiler keeps a value in these registers across a call, so there is nothing to save.
void wipe_registers() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f")) return wipe_registers_avx512();
  if (__builtin_cpu_supports("avx")) return wipe_registers_avx();
#endif
  wipe_registers_on_return();
}

}  // namespace

void forbid_core_dumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  data_ = pieces().take(size);
  if (data_ != nullptr) return;
  data_ = static_cast<std::uint8_t*>(sodium_malloc(size));
  if (data_ == nullptr) throw std::bad_alloc();
  sodium_memzero(data_, size);
}

SecretBytes::SecretBytes(View copy) : SecretBytes(copy.size()) {
  if (size_ != 0) std::memcpy(data_, copy.data(), size_);
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this == &other) return *this;
  release(data_, size_);
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

SecretBytes::~SecretBytes() {
  release(data_, size_);
}  // wipes; nothing for a null pointer

void wipe_stack_and_registers() {
  constexpr std::size_t deep = 64 * 1024;
  sodium_stackzero(deep);
  wipe_registers();
}

void wipe(std::span<std::uint8_t> bytes) {
  if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

}  // namespace vigil
