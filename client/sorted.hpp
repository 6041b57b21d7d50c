// Sorting that keeps the order of equals, for lists that a person reads. (std::stable_sort of libstdc++ 12 uses a function that
// C++17 deprecated, and warnings are errors here.) Pure; any thread.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace vigil::client {

// By 'key_of' each, smallest first.
template <class T, class KeyOf>
void sort_keeping_order(std::vector<T>& items, KeyOf key_of) {
  std::vector<std::pair<decltype(key_of(items[0])), std::size_t>> order;
  order.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) order.emplace_back(key_of(items[i]), i);
  std::sort(order.begin(), order.end());
  std::vector<T> sorted;
  sorted.reserve(items.size());
  for (const auto& [key, place] : order) sorted.push_back(std::move(items[place]));
  items = std::move(sorted);
}

}  // namespace vigil::client
