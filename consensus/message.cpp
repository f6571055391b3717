#include "consensus/message.hpp"

#include <sstream>

namespace dip::consensus {
namespace {

struct printer {
  std::ostream& out;

  void operator()(const append_entries& m) const {
    out << "append " << m.prev_index.value << '^' << m.prev_term.value << " +" << m.entries.size()
        << " commit " << m.commit.value;
  }
  void operator()(const append_result& m) const {
    if (m.rejected.value > 0)
      out << "rejected " << m.rejected.value << " last " << m.last.value;
    else
      out << "accepted " << m.last.value;
  }
  void operator()(const request_vote& m) const {
    out << (m.pre_vote ? "pre-vote? " : "vote? ") << m.last_index.value << '^' << m.last_term.value
        << (m.disrupt_leader ? " handed over" : "");
  }
  void operator()(const vote_result& m) const {
    out << (m.pre_vote ? "pre-vote " : "vote ") << (m.granted ? "granted" : "refused");
  }
  void operator()(const install_snapshot& m) const {
    out << "snapshot " << m.mark.index.value << '^' << m.mark.term.value;
  }
  void operator()(const timeout_now& m) const {
    out << "timeout now " << m.last_index.value << '^' << m.last_term.value;
  }
  void operator()(const read_probe& m) const { out << "probe " << m.sequence; }
  void operator()(const read_ack& m) const { out << "ack " << m.sequence; }
  void operator()(const piece_request& m) const {
    out << "piece? " << m.index.value << (m.from.empty() ? "" : " going on");
  }
  void operator()(const piece_answer& m) const {
    out << "piece " << m.index.value;
    if (m.gone)
      out << " gone";
    else
      out << " +" << m.rows.size() << (m.next.empty() ? " last" : "");
  }
};

}  // namespace

term_number term_of(const message& m) {
  return std::visit([](const auto& body) { return body.term; }, m.body);
}

std::string to_string(const message& m) {
  std::ostringstream out;
  out << m.from.value << '>' << m.to.value << ' ';
  std::visit(printer{out}, m.body);
  out << " term " << term_of(m).value;
  return out.str();
}

}  // namespace dip::consensus
