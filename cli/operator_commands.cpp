#include "cli/operator_commands.hpp"

#include <CLI/CLI.hpp>

#include "cli/command_list.hpp"
#include "cli/command_tree.hpp"
#include "cli/numbers.hpp"

namespace dip::cli {
namespace {

constexpr const char* redrive_examples = R"(Examples:
  dip redrive rtp-request-queue 3-4352 5-17
  dip redrive rtp-request-queue --error timeout
  dip redrive rtp-notifier-queue --all --yes)";

constexpr const char* check_examples =
    R"(LIMITS: N is a warning from N on, N:M is critical from M on, :M is critical
only, off is neither. Exit codes: 0 ok, 1 warning, 2 critical, 3 not known,
above all because no node answers.

Examples:
  dip check
  dip check --dead 1:100 --oldest 30:120 --disk-free 20:5
  dip check --url 10.0.0.1:8080 --url 10.0.0.2:8080 --json)";

constexpr const char* top_examples =
    R"(Keys: 1 to 5 or tab for the views, arrows or j k to move, enter to go into,
esc back, / to filter, s to sort, ? for all others, q to quit.)";

struct operator_options {
  common_options topics, queues;
  queue_options pause, resume;
  dead_letters_options letters;
  redrive_options redrive;
  discard_options discard;
  retry_options retry;
  actors_options actors;
  trace_options trace;
  audit_options audit;
  check_options check;
  node_address top;
};

void add_queue(CLI::App& c, std::string& queue) {
  c.add_option("QUEUE", queue, joined(words_of("QUEUE")))->required()->type_name("");
}

void add_limit(CLI::App& c, std::uint32_t& limit) {
  c.add_option("--limit", limit, "how many")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str()
      ->type_name("N");
}

void add_error(CLI::App& c, std::string& error) {
  c.add_option("--error", error, "only those whose last try ended in this error code")->type_name("CODE");
}

void add_flow(command_list& to, operator_options& o) {
  auto* topics = to.add("topics", "what was published, and to which queues it goes",
                        [&o] { return run_topics(o.topics); });
  to.add_common(*topics, o.topics);
  auto* queues = to.add("queues", "how many messages wait, are worked on, and are dead",
                        [&o] { return run_queues(o.queues); });
  to.add_common(*queues, o.queues);
  auto* pause = to.add("pause", "let workers take nothing more out of a queue",
                       [&o] { return run_pause(o.pause, true); });
  add_queue(*pause, o.pause.queue);
  to.add_common(*pause, o.pause.common);
  auto* resume =
      to.add("resume", "let workers take out of a queue again", [&o] { return run_pause(o.resume, false); });
  add_queue(*resume, o.resume.queue);
  to.add_common(*resume, o.resume.common);
}

void add_letters(command_list& to, operator_options& o) {
  auto* letters =
      to.add("dead-letters", "what was given up, and why", [&o] { return run_dead_letters(o.letters); });
  add_queue(*letters, o.letters.queue);
  add_error(*letters, o.letters.error);
  add_limit(*letters, o.letters.limit);
  to.add_common(*letters, o.letters.common);
  auto* redrive = to.add("redrive", "put dead letters back to work", [&o] { return run_redrive(o.redrive); });
  add_queue(*redrive, o.redrive.queue);
  redrive->add_option("ID", o.redrive.ids, "those; or --error, or --all")->type_name("");
  add_error(*redrive, o.redrive.error);
  redrive->add_flag("--all", o.redrive.all, "all that the queue has");
  redrive->add_flag("--yes", o.redrive.yes, "do not ask");
  to.add_common(*redrive, o.redrive.common);
  redrive->footer(redrive_examples);
  auto* discard = to.add("discard", "give dead letters up for good", [&o] { return run_discard(o.discard); });
  add_queue(*discard, o.discard.queue);
  discard->add_option("ID", o.discard.ids, "their ids")->required()->type_name("");
  discard->add_option("--reason", o.discard.reason, "why; it stands in the audit")
      ->required()
      ->type_name("TEXT");
  to.add_common(*discard, o.discard.common);
  auto* retry = to.add("retry", "let failed requests run again", [&o] { return run_retry(o.retry); });
  retry->add_option("ID", o.retry.ids, "their ids")->required()->type_name("");
  to.add_common(*retry, o.retry.common);
}

void add_insight(command_list& to, operator_options& o) {
  auto* actors = to.add("actors", "the actors of all nodes, under those that made them",
                        [&o] { return run_actors(o.actors); });
  actors->add_option("--node", o.actors.node, "only those of that node")->type_name("NAME");
  actors->add_option("--kind", o.actors.kind, "only those: queue, topic, partition, worker, …")
      ->type_name("KIND");
  actors->add_option("--state", o.actors.state, "only those: " + joined(words_of("STATE")))
      ->type_name("STATE");
  actors
      ->add_option("--sort", o.actors.sort, "as a table, the greatest first, by " + joined(words_of("ORDER")))
      ->type_name("ORDER");
  to.add_common(*actors, o.actors.common);
  auto* trace = to.add("trace", "a request's way, step by step, with what it waited for",
                       [&o] { return run_trace(o.trace); });
  trace->add_option("ID", o.trace.id, "the request's id")->required()->type_name("");
  to.add_common(*trace, o.trace.common);
  auto* audit = to.add("audit", "what operators did, the newest first", [&o] { return run_audit(o.audit); });
  add_limit(*audit, o.audit.limit);
  to.add_common(*audit, o.audit.common);
}

void add_watching(command_list& to, operator_options& o) {
  auto* check =
      to.add("check", "whether the cluster is well, for monitoring", [&o] { return run_check(o.check); });
  const auto measures = health_measures();
  for (size_t i = 0; i < measures.size(); ++i)
    check
        ->add_option("--" + std::string(measures[i].name), o.check.thresholds[i],
                     std::string(measures[i].doc))
        ->default_str(std::string(measures[i].fallback))
        ->type_name("LIMITS");
  o.check.common.node.retry_for = std::chrono::seconds(5);
  to.add_common(*check, o.check.common);
  check->footer(check_examples);
  auto* top = to.add("top", "all of it in the terminal, live", [&o] { return run_top(o.top); });
  to.add_node(*top, o.top);
  top->footer(top_examples);
}

}  // namespace

std::shared_ptr<void> add_operator_commands(command_list& to) {
  auto options = std::make_shared<operator_options>();
  add_watching(to, *options);
  add_flow(to, *options);
  add_letters(to, *options);
  add_insight(to, *options);
  return options;
}

}  // namespace dip::cli
