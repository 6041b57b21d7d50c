// Whom a command means by a name, and a sealed word to her: what all commands about one person share.
#pragma once

#include "client/commands/command.hpp"
#include "client/mail.hpp"

namespace vigil::client::commands {

// Whether the command also means people who are known only from somebody's plan.
enum class Through { refused, taken };

// The contact of this name. Throws Stop: nobody, or known only from somebody's plan.
Contact contact_named(Account& account, const std::string& typed, Through through);
// The same; asked for when it is empty, so that no name need be on the command line.
Contact find_person(Account& account, const std::string& typed, Through through);
// "A, B": what stands between the commas, without blanks around it.
std::vector<std::string> split_names(const std::string& line);
// NAME, which may be left out.
void add_name_option(CLI::App& command, std::string& name);

// Seals, keeps in the outbox until her receipt, sends what can be sent. Throws Stop when nothing could be sealed.
asio::awaitable<Sending> write_now(Account& account, const Contact& contact, const content::Content& content, wire::Lane lane);
// The exit code for it, said on the screen when it is not done.
Exit say_sending(Screen& screen, Sending sending, const std::string& name);

}  // namespace vigil::client::commands
