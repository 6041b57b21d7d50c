// What an image of a running relay's memory holds: gcore of a real vigild to which real connections stand. Once copies are
// acknowledged and vigils ended, and the published bound has passed, none of their bytes are in it, nor any address.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>

#include "alert.hpp"
#include "joining.hpp"
#include "server/exit_codes.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;
namespace fs = std::filesystem;

namespace {

// Random bytes that passed through the relay, each under the name of its kind.
class Passed {
 public:
  void add(const std::string& kind, std::string_view bytes) {
    const std::size_t number = kinds_.size();
    kinds_.push_back(kind);
    for (std::size_t at = 0; at + piece_bytes <= bytes.size(); at += piece_bytes)
      pieces_.emplace(word_at(bytes.data() + at), Piece{.number = number, .rest = word_at(bytes.data() + at + 8)});
    for (const auto& [word, piece] : pieces_) seen_first_[filter(word)] = true;
  }
  // A fresh envelope of that kind.
  std::string envelope(const std::string& kind, std::size_t bytes) {
    const Bytes made = random_bytes(bytes);
    add(kind, text(made));
    return std::string(text(made));
  }
  Address address(const std::string& kind) {
    const auto made = random_id<Address>();
    add(kind, text(made.view()));
    return made;
  }

  // How many of each kind left at least sixteen bytes in the image.
  std::map<std::string, std::size_t> in(std::string_view image) const {
    std::set<std::size_t> found;
    for (const char* at = image.data(); at + piece_bytes <= image.data() + image.size(); ++at) {
      const std::uint64_t word = word_at(at);
      if (!seen_first_[filter(word)]) continue;
      const auto [from, to] = pieces_.equal_range(word);
      for (auto piece = from; piece != to; ++piece)
        if (piece->second.rest == word_at(at + 8)) found.insert(piece->second.number);
    }
    std::map<std::string, std::size_t> out;
    for (const std::size_t number : found) ++out[kinds_[number]];
    return out;
  }

 private:
  static constexpr std::size_t piece_bytes = 16, filter_bits = 20;
  struct Piece {
    std::size_t number;
    std::uint64_t rest;
  };
  static std::uint64_t word_at(const char* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
  }
  static std::size_t filter(std::uint64_t word) { return word & ((1u << filter_bits) - 1); }

  std::vector<std::string> kinds_;
  std::unordered_multimap<std::uint64_t, Piece> pieces_;
  std::vector<bool> seen_first_ = std::vector<bool>(1u << filter_bits);
};

// An image of all memory of a process, also of what cores usually leave out; gone with this object.
class Image {
 public:
  Image(const Serving& relay, const fs::path& folder) {
    const fs::path prefix = folder / "image";
    const std::string command = fmt::format("gcore -a -o '{}' {} > '{}.log' 2>&1", prefix.string(), relay.pid(), prefix.string());
    const int code = std::system(command.c_str());
    std::ifstream log(prefix.string() + ".log");
    INFO(std::string(std::istreambuf_iterator<char>(log), {}));
    REQUIRE(code == 0);
    file_ = prefix.string() + "." + std::to_string(relay.pid());
    bytes_ = fs::file_size(file_);
    const int file = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(file >= 0);
    memory_ = ::mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, file, 0);
    ::close(file);
    REQUIRE(memory_ != MAP_FAILED);
  }
  ~Image() {
    ::munmap(memory_, bytes_);
    std::error_code ignored;
    fs::remove(file_, ignored);
  }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  std::string_view bytes() const { return {static_cast<const char*>(memory_), bytes_}; }

 private:
  fs::path file_;
  std::size_t bytes_ = 0;
  void* memory_ = nullptr;
};

std::string said(const std::map<std::string, std::size_t>& found) {
  std::string out;
  for (const auto& [kind, count] : found) out += fmt::format("{} of: {}\n", count, kind);
  return out;
}

Status ask(Member& member, const wire::Request& request) {
  return member.ask(request).status();
}

// An alert whose every envelope and secret can be recognised.
Alert recognisable(Passed& passed, const Address& to, std::uint32_t due_in_s) {
  Alert alert(to, due_in_s);
  alert.vigil.mutable_stages(0)->mutable_copies(0)->set_envelope(passed.envelope("alerts", limits::alert_envelope_bytes));
  for (wire::Ending& ending : *alert.vigil.mutable_endings())
    ending.mutable_copies(0)->set_envelope(passed.envelope("endings", limits::ending_envelope_bytes));
  alert.vigil.mutable_notices(0)->set_envelope(passed.envelope("notices", limits::ending_envelope_bytes));
  alert.name();
  passed.add("secrets of endings", text(alert.stop.view()));
  return alert;
}

// Copies of all sizes and lanes to both addresses, one to nobody, one by a POST. How many will come.
std::size_t send_copies(Passed& passed, const wire::Invite& invite, Member& sender, Member& stranger, const Address& friends,
                        const Address& others) {
  std::size_t sent = 0;
  for (const std::size_t bytes : limits::envelope_bytes)
    for (int i = 0; i < 8; ++i, ++sent) {
      const std::string envelope = passed.envelope(fmt::format("copies of {} bytes", bytes), bytes);
      const wire::Lane lane = i < 6 ? wire::NORMAL : wire::URGENT;
      REQUIRE(sender.deliver(i % 2 == 0 ? friends : others, envelope, lane).status() == wire::DONE);
    }
  const Address unknown = passed.address("unknown addresses");
  CHECK(stranger.deliver(unknown, passed.envelope("refused copies", 4096)).status() == wire::REFUSED);
  post_once(invite, deliver_request(friends, passed.envelope("copies by POST", 1024), wire::URGENT));
  return sent + 1;
}

}  // namespace

TEST_CASE("an image of the relay's memory holds nothing that was acknowledged or ended, and no address", "[vigild][memory]") {
  if (::geteuid() != 0) {
    std::cout << "SKIPPED: only root may read the memory of a relay\n";
    return;
  }
  const RelayHome home;
  home.configure("[limits]\nerase_s = 10\n");
  Passed passed;
  const Address friends = passed.address("addresses"), others = passed.address("addresses");
  const SigningKey owner_key = SigningKey::generate();
  std::optional<Serving> relay(std::in_place, home);
  const wire::Invite invite = invite_from(home);
  REQUIRE(join(invite, owner_key) == wire::DONE);
  std::size_t expected = 0;
  {
    Member owner = connect(invite), sender = connect(invite);
    REQUIRE(owner.prove(owner_key) == wire::DONE);
    for (const Address& address : {friends, others}) REQUIRE(owner.grant(owner_key, address) == wire::DONE);
    for (; expected < 16; ++expected)
      REQUIRE(sender.deliver(friends, passed.envelope("copies read from files", 1024)).status() == wire::DONE);
  }
  relay->signal(SIGTERM);
  REQUIRE(relay->wait() == exit_done);
  relay.reset();
  relay.emplace(home);
  Member owner = connect(invite), sender = connect(invite), stranger = connect(invite);
  REQUIRE(owner.prove(owner_key) == wire::DONE);
  REQUIRE(owner.listen() == wire::DONE);

  expected += send_copies(passed, invite, sender, stranger, friends, others);
  const Alert alert = recognisable(passed, friends, 0), cancelled = recognisable(passed, others, 600);
  for (const Alert* one : {&alert, &cancelled}) REQUIRE(ask(sender, one->parts(1)[0]) == wire::DONE);
  ++expected;  // the alert that was due
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < expected; ++i) {
    INFO(i << " of " << expected);
    last = owner.next_delivery().number();
  }

  // While it waits it is there, or this test would show nothing. The half of a vigil waits for its rest, addresses and all.
  const Alert halved = recognisable(passed, friends, 600);
  CHECK(ask(sender, halved.parts(2)[0]) == wire::PARTIAL);
  {
    const Image image(*relay, home.data().parent_path());
    const auto found = passed.in(image.bytes());
    INFO(said(found));
    CHECK(found.contains("addresses"));
    CHECK(found.contains("alerts"));
    CHECK(found.contains("copies read from files"));
    for (const std::size_t bytes : limits::envelope_bytes) CHECK(found.contains(fmt::format("copies of {} bytes", bytes)));
  }

  REQUIRE(ask(sender, halved.parts(2)[1]) == wire::DONE);
  for (const Alert* one : {&alert, &cancelled, &halved}) REQUIRE(ask(stranger, end_of(*one)) == wire::DONE);
  last = std::max(last, owner.next_delivery().number());  // the released alert's ending
  owner.acknowledge(1, last);
  relay->await("acknowledged", static_cast<std::int64_t>(last));
  std::this_thread::sleep_for(std::chrono::seconds(relay->number("erase_bound_s")));  // what is promised
  {
    const Image image(*relay, home.data().parent_path());
    const auto found = passed.in(image.bytes());
    INFO(said(found));
    CHECK(found.empty());
  }
  CHECK(sender.deliver(friends, envelope_of('z')).status() == wire::DONE);  // over the connections that stood all the time
  CHECK(owner.next_delivery().envelope() == envelope_of('z'));
}
