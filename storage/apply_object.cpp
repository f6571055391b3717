#include "storage/applier.hpp"
#include "storage/keys.hpp"

namespace dip {

result<void> applier::on(const put_object& c) {
  const auto there = rows_.load<object_row>(family::objects, keys::of_object(c.row.name));
  if (!there) {
    put_row(c.row);
    out_.stored_objects.push_back(c.row.name);
    return {};
  }
  // The same bytes again: a proposer that did not hear the answer to its first try.
  const bool same = there->size == c.row.size && there->sha256 == c.row.sha256 && there->xxh3 == c.row.xxh3;
  if (!same) return fail(errc::conflict, "an object with this key exists");
  return {};
}

result<void> applier::on(const delete_object& c) {
  const auto row = rows_.load<object_row>(family::objects, keys::of_object(c.name));
  if (!row) return fail(errc::not_found, "no such file");
  if (row->pins > 0) return fail(errc::conflict, "a request still needs this file");
  drop_object(c.name);
  return {};
}

}  // namespace dip
