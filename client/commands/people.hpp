// Whom a command means by a name, and a sealed word to her: what ask, duty, plan and drill share.
#pragma once

#include "client/commands/command.hpp"
#include "client/mail.hpp"

namespace vigil::client::commands {

// The contact of this name; asked for when it is empty. Throws Stop: nobody, or known only from somebody's plan.
Contact find_person(Account& account, const std::string& typed);

// Seals, keeps in the outbox until her receipt, sends what can be sent. Throws Stop when nothing could be sealed.
asio::awaitable<Sending> write_now(Account& account, const Contact& contact, const content::Content& content, wire::Lane lane);
// The exit code for it, said on the screen when it is not done.
Exit say_sending(Screen& screen, Sending sending, const std::string& name);

}  // namespace vigil::client::commands
