// The pass-through.
#include "storage/embedded/file_system.hpp"

namespace vigil::storage {
namespace {

class OurFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  using rocksdb::FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "VigilFileSystem"; }
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> our_file_system(std::shared_ptr<rocksdb::FileSystem> base) {
  return std::make_shared<OurFileSystem>(base ? std::move(base) : rocksdb::FileSystem::Default());
}

}  // namespace vigil::storage
