// A relay has a newer list of the ways to it: fetched, checked against its root, and put wherever the old one lies, so that what
// is pressed or sent next already goes the new way. Older lists and those the root has not signed change nothing. One thread.
#pragma once

#include "client/account.hpp"

namespace vigil::client {

// Asks the relay of 'known' for what is newer, over a connection of its own (owners make no capability requests). True: a newer
// list has been stored.
asio::awaitable<bool> fetch_newer_routes(Account& account, Routes known);
// The same for a relay that has not been asked within the last hour: those of contacts say nothing by themselves.
asio::awaitable<bool> fetch_newer_routes_hourly(Account& account, Routes known, std::uint64_t now_s);

}  // namespace vigil::client
