#include "actors/hello.hpp"

#include <algorithm>

namespace dip {
namespace {

constexpr size_t longest_word = 256, longest_sentence = 1024;

std::string words_for(const protocol_versions& v) {
  return v.oldest == v.newest ? std::to_string(v.oldest)
                              : std::to_string(v.oldest) + " to " + std::to_string(v.newest);
}

bool overlap(const protocol_versions& a, const protocol_versions& b) {
  return a.oldest <= b.newest && b.oldest <= a.newest && b.oldest <= b.newest;
}

}  // namespace

std::optional<std::string> why_not(const hello& here, const hello& said) {
  // First: of another version nothing else need be what it seems.
  if (!overlap(here.speaks, said.speaks))
    return "incompatible version: " + said.from + " speaks protocol " + words_for(said.speaks) + ", " +
           here.from + " speaks " + words_for(here.speaks);
  if (said.cluster != here.cluster)
    return said.from + " belongs to the cluster \"" + said.cluster + "\", " + here.from + " to \"" +
           here.cluster + "\"";
  if (!here.to.empty() && said.from != here.to) return "the node there is " + said.from + ", not " + here.to;
  if (said.to != here.from) return said.from + " looks for " + said.to + ", and this is " + here.from;
  return std::nullopt;
}

std::uint32_t common_version(const hello& here, const hello& said) {
  return std::min(here.speaks.newest, said.speaks.newest);
}

result<hello> parse_hello(std::string_view bytes) {
  auto h = bytes.size() > 4 * longest_sentence ? result<hello>{fail(errc::corrupt)} : decode<hello>(bytes);
  if (!h) return fail(errc::corrupt, "not a hello");
  for (const auto* word : {&h->cluster, &h->from, &h->to, &h->start})
    if (word->size() > longest_word) return fail(errc::corrupt, "not a hello");
  return h;
}

result<refusal> parse_refusal(std::string_view bytes) {
  auto r = decode<refusal>(bytes);
  if (!r || r->why.size() > longest_sentence) return fail(errc::corrupt, "not a refusal");
  return std::move(*r);
}

}  // namespace dip
