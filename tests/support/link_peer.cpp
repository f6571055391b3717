// One node's end of its links and nothing else, as a process of its own: it does what it reads, a line each,
// and says what happens, a line each. tests/links drives it.
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>

#include <CLI/CLI.hpp>
#include <caf/all.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "actors/link_network.hpp"
#include "actors/link_receivers.hpp"
#include "actors/supervisor.hpp"

using namespace dip;

namespace {

std::mutex out_mutex;
void say(const std::string& line) {
  const std::lock_guard lock{out_mutex};
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

struct held_answers {
  std::mutex mutex;
  std::vector<responder> all;
};

void listen(links& all, held_answers& held) {
  all.on_message(envelope_kind::consensus, [](const arrival& a) {
    say("message " + a.peer + " " + std::to_string(a.partition.value) + " " + std::to_string(a.bytes.size()));
  });
  all.on_request(envelope_kind::propose,
                 [](const arrival& a, const responder& answer) { answer({true, {}, false, a.bytes}); });
  all.on_request(envelope_kind::lease, [&](const arrival& a, const responder& answer) {
    const std::lock_guard lock{held.mutex};
    held.all.push_back(answer);
    say("held " + a.peer);
  });
  all.on_request(envelope_kind::publish, [](const arrival&, const responder&) {});
  all.on_change([](const std::string& peer, const std::optional<hello>& met) {
    say(met ? "up " + peer + " " + met->start + " " + std::to_string(met->objects) : "down " + peer);
  });
}

using figures_actor = caf::typed_actor<caf::replies_to<ask_figures>::with<queue_figures>>;
figures_actor::behavior_type figures(figures_actor::pointer) {
  return {[](const ask_figures&) {
    queue_figures f;
    f.visible = 42;
    return f;
  }};
}

void ask(caf::actor_system& system, const links& all, std::istream& words) {
  std::string peer;
  unsigned kind = 0;
  size_t size = 0;
  long within = 0;
  words >> peer >> kind >> size >> within;
  const auto h = all.find(peer);
  if (!h) return say("reply " + peer + " no link");
  system.spawn([=](caf::event_based_actor* self) {
    link_request r{
        envelope_kind{static_cast<std::uint8_t>(kind)}, {3}, std::string(size, 'x'), milliseconds{within}};
    if (r.kind == envelope_kind::figures && size == 0) r = request_of(r.kind, {3}, ask_figures{}, r.within);
    const auto report = [=](const std::string& text) { say("reply " + peer + " " + text); };
    self->request(*h, caf::infinite, std::move(r))
        .then(
            [=](const link_reply& a) {
              if (const auto f = decode<queue_figures>(a.bytes); a.ok && f)
                return report("figures " + std::to_string(f->visible));
              if (a.ok) return report("ok " + std::to_string(a.bytes.size()));
              report(std::string{to_string(a.code)} + (a.maybe_taken ? " maybe: " : " not: ") + a.bytes);
            },
            [=](const caf::error& e) { report("lost " + self->system().render(e)); });
  });
}

void status(const links& all, const std::string& peer) {
  for (const auto& s : all.status()) {
    if (s.peer != peer) continue;
    const auto us = s.round_trip ? s.round_trip->count() / 1000 : -1;
    say("status " + peer + " " + std::string{to_string(s.phase)} + " rtt_us=" + std::to_string(us) +
        " out=" + std::to_string(s.traffic.messages_out) + " in=" + std::to_string(s.traffic.messages_in) +
        " failures=" + std::to_string(s.failures) + " error=" + s.last_error);
    return;
  }
  say("status " + peer + " not there yet");
}

void obey(caf::actor_system& system, const links& all, const std::string& line) {
  std::istringstream words{line};
  std::string verb, peer;
  words >> verb;
  if (verb == "ask") return ask(system, all, words);
  words >> peer;
  if (verb == "status") return status(all, peer);
  if (verb == "post") {
    size_t size = 0, count = 1;
    words >> size >> count;
    for (size_t i = 0; i < count; ++i)
      all.post(peer, {envelope_kind::consensus, {7}, std::string(size, 'x')});
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"one end of links"};
  link_network_config c;
  c.self.cluster = "dip";
  std::vector<std::string> peers, tls;
  long silence = 2'000;
  app.add_option("--name", c.self.from)->required();
  app.add_option("--start", c.self.start);
  app.add_option("--cluster", c.self.cluster);
  app.add_option("--oldest", c.self.speaks.oldest);
  app.add_option("--newest", c.self.speaks.newest);
  app.add_option("--objects", c.self.objects);
  app.add_option("--host", c.host);
  app.add_option("--port", c.port);
  app.add_option("--peer", peers, "name,host,port")->take_all();
  app.add_option("--tls", tls, "certificate,key,authority")->delimiter(',');
  app.add_option("--silence", silence);
  app.add_option("--connection", c.connection_versions);
  CLI11_PARSE(app, argc, argv);
  spdlog::set_default_logger(spdlog::stderr_logger_mt("link_peer"));
  for (const auto& p : peers) {
    std::istringstream parts{p};
    peer_address a;
    std::string port;
    std::getline(parts, a.name, ',');
    std::getline(parts, a.host, ',');
    std::getline(parts, port, ',');
    a.port = static_cast<std::uint16_t>(std::stoul(port));
    c.peers.push_back(std::move(a));
  }
  if (tls.size() == 3) c.tls = net::node_credentials{tls[0], tls[1], tls[2]};
  c.heartbeat = milliseconds{silence / 5};
  c.silence = c.exchanging.silence = milliseconds{silence};
  c.exchanging.ping_every = c.heartbeat;
  c.connecting.after_refusal = milliseconds{300};
  if (const auto wrong = c.validate(); !wrong.empty()) {
    for (const auto& line : wrong) say("wrong " + line);
    return 1;
  }

  const system_clock clock;
  links all;
  held_answers held;
  listen(all, held);
  environment env;
  env.time = &clock;
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", size_t{2});
  config.set("scheduler.max-throughput", size_t{25});
  load_network(config, c);
  std::unique_ptr<link_network> network;  // the links stand on it until the system has ended
  caf::actor_system system{config};
  {
    const auto one = system.spawn(figures);
    all.on_request(envelope_kind::figures, to_actor<ask_figures, queue_figures>(
                                               system, [one](const arrival& a) -> result<figures_actor> {
                                                 if (a.partition != partition_id{3})
                                                   return fail(errc::not_leader, "not led here");
                                                 return one;
                                               }));
    network = std::make_unique<link_network>(system, c, &clock, all);
    const auto root =
        system.spawn(supervisor, std::string{"links"}, network->links_of(), &env, restart_config{});
    const auto port = network->open();
    if (!port) {
      say("wrong " + port.error().detail);
      std::fflush(stdout);
      std::_Exit(1);
    }
    say("ready " + std::to_string(*port));
    for (std::string line; std::getline(std::cin, line) && line != "quit";) obey(system, all, line);
    network->close();
    caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  }
  all.clear();
  held.all.clear();
  // Requests still under way are told by their links; then nothing is left.
  system.await_all_actors_done();
  say("done");
  return 0;
}
