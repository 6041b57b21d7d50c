// People around one real relay, for the soak test: they come and go, send, read, acknowledge, raise and end vigils, POST, and are
// cut off in the middle of frames. Every day is the same, and in the evening every mailbox is empty. One thread; a wait that
// lasts too long is a failure of the test.
#pragma once

#include <map>
#include <set>

#include "tests/unit/server/alert.hpp"
#include "tests/unit/server/joining.hpp"

namespace vigil::server::test {

class Circle {
 public:
  Circle(const RelayHome& home, const Serving& relay);

  // One day. Afterwards nobody is connected, and the relay holds no copy and no vigil.
  void live_a_day();

  std::uint64_t promised() const { return promised_; }  // copies answered DONE, or of stages and endings that were released

 private:
  // The first bytes of an envelope: which one it is.
  using Mark = std::string;
  struct Person {
    SigningKey key = SigningKey::generate();
    Address address = random_id<Address>();
    std::unique_ptr<Member> member;    // while she is here
    std::map<Mark, std::string> owed;  // promised and not read yet, and what it is
  };

  void come(Person& person);
  void leave(Person& person, bool abruptly);
  void read_until(Person& person, const std::function<bool(const wire::Delivery&)>& last);
  void read_all(Person& person);
  std::unique_ptr<Member> sender() const;
  std::string envelope(Mark& mark, std::size_t bytes);
  void promise(Person& person, const Mark& mark, const std::string& what);
  void send(Member& from, Person& to, wire::Lane lane, std::size_t bytes);

  void letters();
  void topics(Member& from, Person& to);
  void fan_out(Member& from);
  void post(Person& to);
  void alerts();
  void check_in(Member& from, Person& to);
  void accidents();
  void errands();
  void passer_by();
  void strangers() const;
  void evening();

  const RelayHome& home_;
  const Serving& relay_;
  wire::Invite invite_;
  std::vector<Person> people_;
  std::unique_ptr<Alert> answered_;  // today's
  std::uint64_t promised_ = 0, marks_ = 0, bundles_ = 0;
};

}  // namespace vigil::server::test
