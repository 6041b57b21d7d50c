// The profile file and what its slots hold.
#include "client/profile.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client {
namespace {

constexpr std::string_view magic = "VIGILPRF";
constexpr std::uint32_t format_version = 1;
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t slot_body_bytes = 256;
constexpr std::size_t slot_bytes = salt_bytes + slot_body_bytes + aead_overhead_bytes;
constexpr std::size_t head_bytes = 8 + 4 + 8 + 8;
constexpr std::size_t profile_bytes = head_bytes + 2 * slot_bytes + 32;
// What a header may ask of this device: a damaged one must not eat all memory, and less than libsodium's own least is no cost.
constexpr std::size_t memory_bytes_least = 8192, memory_bytes_most = std::size_t{1} << 30;
constexpr unsigned long long operations_least = 1, operations_most = 64;

// SlotBody: version(1) | container(1) | container key(32) | box secret key(32) | other box public key(32) | vault input(32) |
// zeros
constexpr std::uint8_t body_version = 1;
struct SlotBody {
  unsigned container = 0;
  SecretBytes container_key;
  SecretBytes box_secret;
  PublicKey own_box, other_box;
  SecretBytes vault_input;  // 32 random bytes that a later vault share mixes in
};

SecretBytes write_body(const SlotBody& body) {
  SecretBytes out(slot_body_bytes);
  std::uint8_t* at = out.data();
  *at++ = body_version;
  *at++ = static_cast<std::uint8_t>(body.container);
  for (const View part :
       {body.container_key.view(), body.box_secret.view(), body.own_box.view(), body.other_box.view(), body.vault_input.view()})
    at = std::copy(part.begin(), part.end(), at);
  return out;
}

std::optional<SlotBody> read_body(View bytes) {
  if (bytes.size() != slot_body_bytes || bytes[0] != body_version || bytes[1] > 1) return std::nullopt;
  SlotBody body;
  body.container = bytes[1];
  body.container_key = SecretBytes(bytes.subspan(2, 32));
  body.box_secret = SecretBytes(bytes.subspan(34, 32));
  body.own_box = *PublicKey::from(bytes.subspan(66, 32));
  body.other_box = *PublicKey::from(bytes.subspan(98, 32));
  body.vault_input = SecretBytes(bytes.subspan(130, 32));
  return body;
}

struct ProfileFile {
  PinCost cost{};
  std::array<Bytes, 2> slots;

  Bytes head() const {
    Bytes out(magic.begin(), magic.end());
    const auto version = be32(format_version);
    const auto operations = be64(cost.operations);
    const auto memory = be64(cost.memory_bytes);
    out.insert(out.end(), version.begin(), version.end());
    out.insert(out.end(), operations.begin(), operations.end());
    out.insert(out.end(), memory.begin(), memory.end());
    return out;
  }

  Bytes written() const {
    Bytes out = head();
    for (const Bytes& slot : slots) out.insert(out.end(), slot.begin(), slot.end());
    const Hash sum = hash(labels::slot, {out});
    out.insert(out.end(), sum.bytes.begin(), sum.bytes.end());
    return out;
  }
};

std::uint64_t number_of(View bytes) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8 | byte;
  return number;
}

Outcome<ProfileFile> read_profile(const Home& home) {
  const Outcome<Bytes> bytes = read_file(home.profile(), 64 * 1024);
  if (!bytes) return std::unexpected(bytes.error());
  const View all = *bytes;
  if (all.size() < head_bytes || !std::equal(magic.begin(), magic.end(), all.begin())) return std::unexpected(Fault::damaged);
  // A newer version may be of any length, so it is told before the sum is looked at.
  const std::uint64_t version = number_of(all.subspan(8, 4));
  if (version > format_version && version < 1000) return std::unexpected(Fault::newer_version);
  if (all.size() != profile_bytes || version != format_version) return std::unexpected(Fault::damaged);
  const Hash sum = hash(labels::slot, {all.first(profile_bytes - 32)});
  if (!equal_secret(sum.view(), all.last(32))) return std::unexpected(Fault::damaged);
  ProfileFile file;
  file.cost.operations = number_of(all.subspan(12, 8));
  file.cost.memory_bytes = number_of(all.subspan(20, 8));
  const bool memory_fits = file.cost.memory_bytes >= memory_bytes_least && file.cost.memory_bytes <= memory_bytes_most;
  const bool operations_fit = file.cost.operations >= operations_least && file.cost.operations <= operations_most;
  if (!memory_fits || !operations_fit) return std::unexpected(Fault::damaged);
  for (std::size_t i = 0; i < 2; ++i) {
    const View slot = all.subspan(head_bytes + i * slot_bytes, slot_bytes);
    file.slots[i].assign(slot.begin(), slot.end());
  }
  return file;
}

Bytes seal_slot(const ProfileFile& file, View pin, const SlotBody& body) {
  Bytes slot = random_bytes(salt_bytes);
  const SecretBytes key = key_from_pin(pin, slot, file.cost);
  const SecretBytes plain = write_body(body);
  const Bytes sealed = aead_seal(key.view(), plain.view(), file.head());
  slot.insert(slot.end(), sealed.begin(), sealed.end());
  return slot;
}

struct OpenedSlot {
  std::size_t which;
  SlotBody body;
};

// Both slots are tried, always: the time does not tell which one opened.
std::optional<OpenedSlot> open_slots(const ProfileFile& file, View pin) {
  std::optional<OpenedSlot> opened;
  for (std::size_t i = 0; i < 2; ++i) {
    const View slot = file.slots[i];
    const SecretBytes key = key_from_pin(pin, slot.first(salt_bytes), file.cost);
    const std::optional<SecretBytes> plain = aead_open(key.view(), slot.subspan(salt_bytes), file.head());
    std::optional<SlotBody> body = plain ? read_body(plain->view()) : std::nullopt;
    if (body && !opened) opened = OpenedSlot{i, std::move(*body)};
  }
  return opened;
}

PublicKey box_key(const BoxKeys& keys) {
  return *PublicKey::from(keys.public_key);
}

}  // namespace

Profile::Profile() = default;
Profile::Profile(Profile&&) noexcept = default;
Profile& Profile::operator=(Profile&&) noexcept = default;

// Leaves even files with room ahead behind.
Profile::~Profile() {
  if (!container_) return;
  try {
    container_->grow_if_needed();
  } catch (const Failed& failed) {
    (void)failed;  // met again at the next opening
  }
}

Outcome<Profile> Profile::create(const Home& home, View pin, const PinCost& cost) {
  const Outcome<FileLock> alone = FileLock::take(home.folder() / "profile.lock", 10'000);
  if (!alone) return std::unexpected(alone.error());
  if (home.has_profile()) return std::unexpected(Fault::profile_exists);
  try {
    // Containers without a profile are what a killed creation left: no key of theirs exists any more.
    for (const unsigned which : {0U, 1U})
      for (const std::string ending : {"", "-journal"}) std::filesystem::remove(home.container(which).string() + ending);

    BoxKeys own = generate_box_keys();
    SlotBody body;
    body.container = random_below(2);
    body.container_key = SecretBytes(32);
    random_fill(body.container_key.span());
    body.vault_input = SecretBytes(32);
    random_fill(body.vault_input.span());
    body.own_box = box_key(own);
    body.other_box = box_key(generate_box_keys());  // its secret is gone with this line: nobody has it
    body.box_secret = std::move(own.secret_key);

    Profile made;
    made.container_ =
        Container::create(home.container(body.container), home.container(1 - body.container), body.container_key.view());
    const Outcome<void> synced = sync_folder(home.folder());
    if (!synced) return std::unexpected(synced.error());

    ProfileFile file;
    file.cost = cost;
    const std::size_t used = random_below(2);
    file.slots[used] = seal_slot(file, pin, body);
    file.slots[1 - used] = random_bytes(slot_bytes);
    const Outcome<void> written = write_durably(home.profile(), file.written());
    if (!written) return std::unexpected(written.error());
    made.box_keys_ = {body.own_box, body.other_box};
    made.box_secret_ = std::move(body.box_secret);
    return made;
  } catch (const Failed& failed) {
    return std::unexpected(failed.why());
  } catch (const std::filesystem::filesystem_error&) {
    return std::unexpected(Fault::disk);
  }
}

Outcome<Profile> Profile::open(const Home& home, View pin) {
  const Outcome<ProfileFile> file = read_profile(home);
  if (!file) return std::unexpected(file.error());
  std::optional<OpenedSlot> slot = open_slots(*file, pin);
  if (!slot) return std::unexpected(Fault::wrong_pin);
  try {
    Profile made;
    const unsigned which = slot->body.container;
    made.container_ = Container::open(home.container(which), home.container(1 - which), slot->body.container_key.view());
    made.box_keys_ = {slot->body.own_box, slot->body.other_box};
    made.box_secret_ = std::move(slot->body.box_secret);
    return made;
  } catch (const Failed& failed) {
    return std::unexpected(failed.why());
  }
}

Outcome<void> Profile::change_pin(const Home& home, View old_pin, View new_pin) {
  const Outcome<FileLock> alone = FileLock::take(home.folder() / "profile.lock", 10'000);
  if (!alone) return std::unexpected(alone.error());
  Outcome<ProfileFile> file = read_profile(home);
  if (!file) return std::unexpected(file.error());
  const std::optional<OpenedSlot> slot = open_slots(*file, old_pin);
  if (!slot) return std::unexpected(Fault::wrong_pin);
  file->slots[slot->which] = seal_slot(*file, new_pin, slot->body);
  return write_durably(home.profile(), file->written());
}

std::optional<Secret> Profile::open_box(std::span<const Bytes> boxes) const {
  std::optional<Secret> found;
  for (const Bytes& box : boxes) {
    const std::optional<SecretBytes> plain = box_open(box_keys_[0].view(), box_secret_.view(), box);
    const std::optional<Secret> secret = plain ? Secret::from(plain->view()) : std::nullopt;
    if (secret && !found) found = secret;
  }
  return found;
}

}  // namespace vigil::client
