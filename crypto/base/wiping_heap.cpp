// Freed memory is wiped, whoever frees it: our code, protobuf, RocksDB, OpenSSL, Asio. Linked into vigild, so that an image of
// the relay's memory holds what waits and not what was fetched. Nothing includes it: the program's own free() and realloc() come
// before the C library's (glibc manual, "Replacing malloc"; the ones they end in are exported for this).
// Under a sanitizer, which keeps the heap itself, this file is empty.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): glibc's names
extern "C" void __libc_free(void* memory);
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)

extern "C" void free(void* memory) {
  if (memory == nullptr) return;
  const int error = errno;  // POSIX: free() leaves it alone
  ::explicit_bzero(memory, ::malloc_usable_size(memory));
  __libc_free(memory);
  errno = error;
}

// The C library's own moves a block and frees the old one behind free()'s back.
extern "C" void* realloc(void* memory, std::size_t bytes) {
  if (memory == nullptr) return std::malloc(bytes);
  if (bytes == 0) {
    std::free(memory);
    return nullptr;
  }
  const std::size_t had = ::malloc_usable_size(memory);
  if (bytes <= had && bytes >= had / 2) return memory;
  void* const moved = std::malloc(bytes);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, memory, std::min(had, bytes));
  std::free(memory);
  return moved;
}

#endif
