// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <vector>

namespace situp {

/// Whether a list has this item.
template <typename List, typename Item>
bool contains(const List& list, const Item& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// Adds an item that the list lacks.
template <typename T>
void add_missing(std::vector<T>& list, const T& item) {
  if (!contains(list, item)) list.push_back(item);
}

/// Adds the items of `more` that the list lacks.
template <typename T>
void add_missing(std::vector<T>& list, const std::vector<T>& more) {
  for (const T& item : more) add_missing(list, item);
}

}  // namespace situp
