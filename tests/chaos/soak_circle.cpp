#include "tests/chaos/soak_circle.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

namespace vigil::server::test {
namespace {

constexpr std::size_t mark_bytes = 16, people = 6, here_in_the_morning = 3;

std::string mark_of(const wire::Delivery& delivery) {
  return delivery.envelope().substr(0, mark_bytes);
}

void done(Member& member, const wire::Request& request) {
  const wire::Answer answer = member.ask(request);
  INFO("request of kind " << request.kind_case() << ": " << answer.why());
  REQUIRE(answer.status() == wire::DONE);
}

// The peer sees a reset, and nothing of a goodbye.
void reset_when_closed(int descriptor) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

Circle::Circle(const RelayHome& home, const Serving& relay) : home_(home), relay_(relay), people_(people) {
  for (Person& person : people_) {
    invite_ = invite_from(home_);
    REQUIRE(join(invite_, person.key) == wire::DONE);
    Member member = connect(invite_);
    REQUIRE(member.prove(person.key) == wire::DONE);
    REQUIRE(member.grant(person.key, person.address) == wire::DONE);
  }
}

void Circle::live_a_day() {
  for (std::size_t i = 0; i < here_in_the_morning; ++i) come(people_[i]);
  letters();
  alerts();
  accidents();
  errands();
  passer_by();
  strangers();
  evening();
}

// ---- coming, reading, leaving

void Circle::come(Person& person) {
  person.member = sender();
  REQUIRE(person.member->prove(person.key) == wire::DONE);
  REQUIRE(person.member->listen() == wire::DONE);
}

void Circle::leave(Person& person, bool abruptly) {
  if (abruptly) reset_when_closed(person.member->line().descriptor());
  if (!abruptly) {
    person.member->send_frame(8, "\x03\xe8");
    CHECK(person.member->receive_close() == 1000);
  }
  person.member.reset();
}

// What is read is acknowledged, in pieces smaller than the window. Urgent copies overtake others, so numbers come in any order.
void Circle::read_until(Person& person, const std::function<bool(const wire::Delivery&)>& last) {
  wire::ClientFrame acknowledged;
  for (bool over = false; !over;) {
    const wire::Delivery delivery = person.member->next_delivery();
    person.owed.erase(mark_of(delivery));
    for (int i = 0; i < 2; ++i) acknowledged.add_acknowledged(delivery.number());
    over = last(delivery);
    if (!over && acknowledged.acknowledged_size() < 32) continue;
    person.member->send(acknowledged);
    acknowledged.Clear();
  }
}

// Everything that waits: what is sent last in each lane comes last in it.
void Circle::read_all(Person& person) {
  const std::unique_ptr<Member> from = sender();
  std::set<Mark> last;
  for (const wire::Lane lane : {wire::URGENT, wire::NORMAL}) {
    Mark mark;
    REQUIRE(from->deliver(person.address, envelope(mark, 1024), lane).status() == wire::DONE);
    last.insert(mark);
  }
  read_until(person, [&](const wire::Delivery& delivery) {
    last.erase(mark_of(delivery));
    return last.empty();
  });
  INFO(person.owed.size() << " promised copies did not come, the first: "
                          << (person.owed.empty() ? "" : person.owed.begin()->second));
  REQUIRE(person.owed.empty());
}

std::unique_ptr<Member> Circle::sender() const {
  const wire::Route route = routes_of(invite_).routes(0);
  return std::make_unique<Member>(static_cast<std::uint16_t>(route.port()), root_of(invite_), route.path());
}

// ---- sending

std::string Circle::envelope(Mark& mark, std::size_t bytes) {
  mark = fmt::format("{:016x}", ++marks_);
  return mark + std::string(bytes - mark_bytes, 'x');
}

void Circle::promise(Person& person, const Mark& mark, const std::string& what) {
  person.owed.emplace(mark, what);
  ++promised_;
}

void Circle::send(Member& from, Person& to, wire::Lane lane, std::size_t bytes) {
  Mark mark;
  REQUIRE(from.deliver(to.address, envelope(mark, bytes), lane).status() == wire::DONE);
  promise(to, mark, "a letter by itself");
}

void Circle::letters() {
  const std::unique_ptr<Member> from = sender();
  for (Person& to : people_) {
    // Sixteen in a frame, then larger ones.
    wire::ClientFrame frame;
    std::vector<Mark> marks(16);
    for (std::size_t i = 0; i < marks.size(); ++i) {
      wire::Request& request = *frame.add_requests();
      request = deliver_request(to.address, envelope(marks[i], 1024), i < 14 ? wire::NORMAL : wire::URGENT);
      request.set_id(1'000'000 + i);
    }
    from->send(frame);
    for (std::size_t answered = 0; answered < marks.size();) {
      for (const wire::Answer& answer : from->receive().answers()) {
        REQUIRE(answer.status() == wire::DONE);
        promise(to, marks.at(answer.id() - 1'000'000), "a letter among others");
        ++answered;
      }
    }
    for (const std::size_t bytes : {4096u, 16384u, 57344u}) send(*from, to, wire::NORMAL, bytes);
    post(to);
  }
  topics(*from, people_.back());
  fan_out(*from);
}

// To somebody who is away: the newest takes the place of the one before.
void Circle::topics(Member& from, Person& to) {
  const auto topic = random_id<Topic>();
  Mark before;
  for (std::uint64_t order = 1; order <= 3; ++order) {
    Mark mark;
    wire::Request request = deliver_request(to.address, envelope(mark, 1024));
    request.mutable_deliver()->set_topic(bytes_of(topic));
    request.mutable_deliver()->set_order(order);
    done(from, request);
    to.owed.erase(before);
    promise(to, mark, "the newest of its topic");
    before = mark;
  }
}

void Circle::fan_out(Member& from) {
  Mark mark;
  wire::Request request = deliver_request(people_.front().address, envelope(mark, 4096));
  for (std::size_t i = 1; i < people_.size(); ++i)
    request.mutable_deliver()->mutable_addresses()->append(bytes_of(people_[i].address));
  done(from, request);
  for (Person& to : people_) promise(to, mark, "a letter to all");
}

void Circle::post(Person& to) {
  Mark mark;
  post_once(invite_, deliver_request(to.address, envelope(mark, 1024), wire::URGENT));
  promise(to, mark, "a POST");
}

// ---- vigils

namespace {

// With envelopes of its own.
void name_copies(Alert& alert, const std::string& stage, const std::string& ending) {
  alert.vigil.mutable_stages(0)->mutable_copies(0)->set_envelope(stage);
  for (wire::Ending& one : *alert.vigil.mutable_endings()) one.mutable_copies(0)->set_envelope(ending);
  alert.name();
}

}  // namespace

void Circle::alerts() {
  const std::unique_ptr<Member> from = sender(), responder = sender();
  // Raised, answered, and left to itself until the evening: its lease lapses meanwhile, and its ladder goes on.
  Mark stage, ending;
  answered_ = std::make_unique<Alert>(people_[0].address, 0);
  answered_->vigil.set_repeats(true);
  name_copies(*answered_, envelope(stage, 4096), envelope(ending, 1024));
  done(*from, answered_->parts(1)[0]);
  promise(people_[0], stage, "an alert");
  promise(people_[0], ending, "the ending of an alert");
  CHECK(responder->ask(answer_to(*answered_)).lease().yours());

  // Cancelled in time: nothing of it comes. In two parts, as a large one does.
  const Alert cancelled(people_[1].address, 600);
  CHECK(from->ask(cancelled.parts(2)[0]).status() == wire::PARTIAL);
  done(*from, cancelled.parts(2)[1]);
  done(*from, end_of(cancelled));

  check_in(*from, people_[2]);
  // A part whose rest never comes.
  CHECK(from->ask(Alert(people_[3].address, 600).parts(2)[0]).status() == wire::PARTIAL);
}

// Whoever hears of it is here: its ending takes away what nobody has read.
void Circle::check_in(Member& from, Person& to) {
  Mark stage, ending;
  CheckIn kept(to.address, 600, 1000);
  name_copies(kept, envelope(stage, 4096), envelope(ending, 1024));
  done(from, kept.parts(1)[0]);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) done(from, refresh_of(kept, seq, envelope(stage, 4096)));
  wire::Request renewal;
  renewal.mutable_renew()->set_vigil_id(kept.vigil.id());
  renewal.mutable_renew()->set_secret(bytes_of(kept.renewals[0]));
  renewal.mutable_renew()->set_seq(1);
  renewal.mutable_renew()->set_due_in_s(900);
  done(from, renewal);
  done(from, hurry_of(kept));
  promise(to, stage, "a check-in that was hurried");
  read_until(to, [&](const wire::Delivery& delivery) { return mark_of(delivery) == stage; });
  done(from, end_of(kept));
  promise(to, ending, "the ending of a check-in");
}

// ---- what goes wrong

void Circle::accidents() {
  const wire::Route route = routes_of(invite_).routes(0);
  const auto port = static_cast<std::uint16_t>(route.port());
  for (const bool abruptly : {false, true}) {
    // Before and in the middle of the handshake.
    for (const std::string_view sent : {std::string_view(), std::string_view("\x16\x03\x01\x02")}) {
      const int descriptor = connect_to(port);
      if (abruptly) reset_when_closed(descriptor);
      REQUIRE(::send(descriptor, sent.data(), sent.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(sent.size()));
      ::close(descriptor);
    }
    // In the middle of a head, and of a body.
    for (const std::string& sent :
         {fmt::format("GET {} HTTP/1.1\r\nHost: re", route.path()),
          fmt::format("POST {} HTTP/1.1\r\nHost: relay\r\nContent-Length: 5000\r\n\r\nhalf", route.path())}) {
      Line line(port);
      line.send(sent);
      if (abruptly) reset_when_closed(line.descriptor());
    }
    // In the middle of a frame that is large, and of a message in fragments.
    const std::unique_ptr<Member> half = sender(), fragment = sender();
    half->line().send(client_frame(2, std::string(60'000, 'x')).substr(0, 30'000));
    fragment->send_frame(2, std::string(3000, 'x'), false);
    if (abruptly) {
      reset_when_closed(half->line().descriptor());
      reset_when_closed(fragment->line().descriptor());
    }
  }
  const std::unique_ptr<Member> wrong = sender();
  wrong->send_frame(2, "\xff\xff\xff");
  CHECK(wrong->receive_close() == 1007);
  // Who has read without acknowledging and is gone reads all of it again; who is displaced stays connected, and leaves.
  people_[0].member->next_delivery();
  leave(people_[0], true);
  const std::unique_ptr<Member> displaced = std::move(people_[1].member);
  come(people_[1]);
  CHECK(displaced->next_event() == wire::Event::DISPLACED);
}

// ---- owners' errands

void Circle::errands() {
  Person& owner = people_[5];
  come(owner);
  read_all(owner);
  // A new address in place of the old one.
  const Address old = std::exchange(owner.address, random_id<Address>());
  REQUIRE(owner.member->grant(owner.key, owner.address) == wire::DONE);
  wire::Request withdraw;
  withdraw.mutable_withdraw()->set_address_hash(bytes_of(address_hash(old)));
  sign_withdraw(owner.key, owner.member->binding(), *withdraw.mutable_withdraw());
  done(*owner.member, withdraw);
  CHECK(sender()->deliver(old, envelope_of('x')).status() == wire::REFUSED);

  wire::Request publish;
  publish.mutable_publish_prekeys()->set_bundle("bundle");
  publish.mutable_publish_prekeys()->set_sequence(++bundles_);
  for (std::uint32_t i = 0; i < 4; ++i) {
    wire::OneTime& one = *publish.mutable_publish_prekeys()->add_one_time();
    one.set_id(static_cast<std::uint32_t>(bundles_) * 4 + i);
    one.set_key(std::string(33, 'k'));
  }
  done(*owner.member, publish);
  const std::unique_ptr<Member> other = sender();
  for (int i = 0; i < 4; ++i) {
    wire::Request fetch;
    fetch.mutable_fetch_prekeys()->set_address(bytes_of(owner.address));
    fetch.mutable_fetch_prekeys()->set_one_time(true);
    CHECK(other->ask(fetch).prekeys().has_one_time());
  }
}

// Joins, is written to, and burns her mailbox with a copy still in it.
void Circle::passer_by() {
  const wire::Invite invite = invite_from(home_);
  Person person;
  REQUIRE(join(invite, person.key) == wire::DONE);
  come(person);
  REQUIRE(person.member->grant(person.key, person.address) == wire::DONE);
  const std::unique_ptr<Member> from = sender();
  for (int i = 0; i < 3; ++i) send(*from, person, wire::NORMAL, 1024);
  read_all(person);
  leave(person, false);
  REQUIRE(from->deliver(person.address, envelope_of('x')).status() == wire::DONE);
  // An ending whose keep never comes is remembered on her account, too.
  done(*from, end_of(Alert(person.address, 600)));
  person.member = sender();
  REQUIRE(person.member->prove(person.key) == wire::DONE);
  wire::Request burn;
  sign_burn(person.key, person.member->binding(), *burn.mutable_burn());
  done(*person.member, burn);
}

void Circle::strangers() const {
  const auto port = static_cast<std::uint16_t>(routes_of(invite_).routes(0).port());
  for (const char* path : {"/", "/nowhere"})
    CHECK(
        ask_tls(port, fmt::format("GET {} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n", path)).starts_with("HTTP/1.1 "));
}

void Circle::evening() {
  const std::unique_ptr<Member> from = sender();
  // The lease of the morning's answer ends by itself.
  come(people_[0]);
  read_until(people_[0], [](const wire::Delivery& delivery) { return delivery.notice().act() == wire::Released::LAPSED; });
  done(*from, end_of(*answered_));
  for (Person& person : people_) {
    if (!person.member) come(person);
    read_all(person);
  }
  for (std::size_t i = 0; i < people_.size(); ++i) leave(people_[i], i % 2 == 0);
}

}  // namespace vigil::server::test
