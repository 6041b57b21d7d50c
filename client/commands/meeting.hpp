// The two halves of a meeting share this: listening while one waits (or leaving it to a `vigil listen` that runs), and what both
// must send.
#pragma once

#include <optional>

#include "client/commands/command.hpp"
#include "client/listening.hpp"
#include "client/mailbox.hpp"
#include "client/meetings.hpp"

namespace vigil::client::commands {

// Listens in the background for as long as it lives, unless another process of this profile does.
class Meanwhile {
 public:
  Meanwhile(asio::io_context& io, Account& account, Screen& screen);
  ~Meanwhile();
  // The listening must have stopped before the profile closes.
  asio::awaitable<void> stop();

 private:
  // Shared with the task that listens: when a command ends with an error, this object goes before that task does.
  struct State;
  std::shared_ptr<State> state_;
};

// An address of each own mailbox for one person, as she gets it; 'for_contact' may not be known yet.
asio::awaitable<google::protobuf::RepeatedPtrField<content::CardRelay>> grant_reach(Account& account, GrantFor whom,
                                                                                    std::optional<ContactId> contact,
                                                                                    const Secret* secret);
// One-shot, through an address of hers: introductions and their answers. Throws Stop when no relay takes it.
asio::awaitable<void> send_one_shot(const Routes& routes, const Address& address, const e2ee::Identity& own,
                                    const e2ee::PeerBundle& to, content::Content content);
// The bundle behind an address, checked to be of this identity. Throws Stop.
asio::awaitable<Bytes> fetch_bundle(const Routes& routes, const Address& address, const e2ee::IdentityKey& identity,
                                    bool one_time);

// Waits until 'ready' says so, asking the container a few times a second; false after 'until_s'.
asio::awaitable<bool> wait_for(const std::function<bool()>& ready, std::uint64_t until_s);

// Shows the three words on this screen and asks; true for yes.
asio::awaitable<bool> compare_words(Account& account, Screen& screen, const Meeting& meeting);
// How she is to be called here: asked until it is free; what she calls herself (or was called before) if the answer is empty.
// Throws Stop at the end of input.
asio::awaitable<std::string> ask_name(Account& account, std::string proposed, e2ee::IdentityKey who);

// The reaches out of a Meeting, still without bundles.
std::vector<Reach> reaches_of(const Meeting& meeting);

// How long the other person may think about the words.
inline constexpr std::uint64_t her_yes_s = 300;

// Who was met, with her reaches and a fresh bundle of each. Somebody who is known already keeps her place in tiers. Throws Stop
// when a bundle cannot be had.
struct NewContact {
  Contact contact;
  std::vector<Reach> reaches;
  bool known = false;           // met before
  std::vector<Reach> before{};  // then: how she was reached
};
asio::awaitable<NewContact> add_contact(Account& account, Meeting meeting, std::string name, bool checked);
// As before add_contact: she has said no.
void undo_contact(Account& account, const NewContact& made);
// Keeps the bundles and sends her this, through each of her reaches. Throws Stop.
asio::awaitable<void> tell(Account& account, const NewContact& whom, const content::Content& content);

}  // namespace vigil::client::commands
