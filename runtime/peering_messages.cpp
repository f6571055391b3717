// What other nodes say to this one, and ask of it.
#include <utility>

#include <caf/all.hpp>

#include "actors/directory.hpp"
#include "actors/link_receivers.hpp"
#include "actors/partition_news.hpp"
#include "runtime/node_report.hpp"
#include "runtime/peering.hpp"

namespace dip {

void peering::receive_messages() {
  const auto& where = *env_->where;
  links_.on_message(envelope_kind::consensus, [&](const arrival& a) {
    if (a.partition.value >= options_.conf->cluster.partitions) return;
    if (const auto h = where.partition(a.partition)) caf::anon_send(*h, parcel{a.bytes});
  });
  links_.on_message(envelope_kind::available, [&](const arrival& a) {
    const auto m = decode<available>(a.bytes);
    if (const auto h = where.dispatcher(); h && m && m->partition.value < options_.conf->cluster.partitions)
      caf::anon_send(*h, *m);
  });
  links_.on_message(envelope_kind::announced, [&](const arrival& a) {
    const auto m = decode<announced>(a.bytes);
    if (const auto h = where.relay(); h && m) caf::anon_send(*h, *m);
  });
  links_.on_message(envelope_kind::give_back, [&](const arrival& a) {
    const auto m = decode<give_back>(a.bytes);
    if (!m) return;
    if (const auto h = where.queue(m->by.message.partition, m->by.message.queue)) caf::anon_send(*h, *m);
  });
  links_.on_message(envelope_kind::standing, [&](const arrival& a) {
    if (const auto m = decode<standing>(a.bytes)) heard(a.peer, *m);
  });
}

void peering::answer_requests() {
  const auto& where = *env_->where;
  const auto partition_here = [&](const arrival& a) -> result<partition_actor> {
    const auto h = where.partition(a.partition);
    if (!h) return fail(errc::no_quorum, "the partition is being made again");
    return *h;
  };
  links_.on_request(envelope_kind::propose, to_actor<propose, answer>(*system_, partition_here));
  links_.on_request(envelope_kind::read, to_actor<read_rows, answer>(*system_, partition_here));
  links_.on_request(envelope_kind::publish, [&](const arrival& a, const responder& reply) {
    auto m = decode<topic_call>(a.bytes);
    if (!m) return reply(refuse(errc::bad_request, "a request that cannot be read"));
    if (const auto topic = where.topic(a.partition, m->topic))
      return pass_on<answer>(*system_, *topic, std::move(m->what), a.within, reply,
                             [](const answer& x) { return x; });
    auto no = error_answer({errc::no_quorum, "the partition is not led here", ""});
    if (!leads_.is_here(a.partition)) no.leader = leads_.of(a.partition);
    reply.with(no);
  });
  links_.on_request(envelope_kind::lease, [&](const arrival& a, const responder& reply) {
    auto m = decode<queue_call>(a.bytes);
    if (!m) return reply(refuse(errc::bad_request, "a request that cannot be read"));
    const auto queue = where.queue(a.partition, m->queue);
    if (!queue) return reply(refuse(errc::not_leader, "the queue is not awake here"));
    pass_on<lease_reply>(*system_, *queue, std::move(m->what), a.within, reply,
                         [](const lease_reply& x) { return x; });
  });
  links_.on_request(envelope_kind::renew_lease, [&](const arrival& a, const responder& reply) {
    auto m = decode<renew_lease>(a.bytes);
    if (!m) return reply(refuse(errc::bad_request, "a request that cannot be read"));
    const auto queue = where.queue(m->message.partition, m->message.queue);
    if (!queue) return reply(refuse(errc::not_leader, "the queue is not awake here"));
    pass_on<bool>(*system_, *queue, *m, a.within, reply, [](bool held) { return renewed{held}; });
  });
  links_.on_request(envelope_kind::introspect, [&](const arrival& a, const responder& reply) {
    const std::lock_guard lock{mutex_};
    if (!report_) return reply(refuse(errc::no_quorum, "the node is only starting"));
    report_(a.bytes == hashes_too, reply);
  });
}

void peering::report_with(std::function<void(bool, responder)> report) {
  const std::lock_guard lock{mutex_};
  report_ = std::move(report);
}

}  // namespace dip
