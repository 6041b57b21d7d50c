// What the responders of one alert tell each other: marks, notes, and that somebody has silenced a person. Each goes urgently and
// pairwise to all others of her plan, never to the person herself; marks and notes carry a MAC per reader (crypto/e2ee/between).
// Works on an open account; one thread. Failures of the container throw Failed.
#pragma once

#include "client/news.hpp"
#include "client/plans.hpp"

namespace vigil::client {

inline constexpr std::size_t mark_bytes_max = 200;  // where, how
inline constexpr std::size_t note_bytes_max = 1000;
inline constexpr std::uint64_t mute_s = 12 * 3600;

// Written down here first, then sealed for every other.
asio::awaitable<Told> tell_mark(Account& account, AlertState alert, content::Mark mark);
asio::awaitable<Told> tell_note(Account& account, AlertState alert, content::Note note);
// From now on nothing of this person rings here, until then.
asio::awaitable<Told> tell_mute(Account& account, AlertState alert, std::uint64_t until_s);

// 'from' wrote it, through the address for the others of 'about'. Inside the step that opened it. Nothing that came is dropped in
// silence: what cannot be kept is news of its own.
std::vector<News> take_told(Account& account, const Contact& from, const Contact& about, const content::Content& content,
                            std::uint64_t now_s);

// Until when this person's alerts do not ring here; 0 = they do.
std::uint64_t muted_until(Account& account, View identity, std::uint64_t now_s);

}  // namespace vigil::client
