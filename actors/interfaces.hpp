// Who talks to whom: every actor's interface, on one page.
//
//   gateway ──publish──▶ topic ──propose──▶ partition ──▶ log, tables
//                          ▲                    │
//   worker ───publish──────┘      committed     ▼
//                          topic ◀──────────────┘
//                            ├──delivered──▶ queue ──available──▶ dispatcher ──leased_work──▶ worker
//                            └──announced──▶ relay ──▶ ?wait, event streams, console
#pragma once

#include <vector>

#include <caf/typed_actor.hpp>

#include "actors/messages.hpp"

namespace dip {

// A partition, a topic, a queue, wherever its leader is: what may be asked of them on any node. Where they
// are not led, a proxy (actors/proxies.hpp) carries it there.
using far_partition_actor = caf::typed_actor<
    // Into the log; answered when durable on a majority and applied.
    caf::replies_to<propose>::with<answer>, caf::replies_to<read_rows>::with<answer>>;
using far_topic_actor = caf::typed_actor<
    // News, as the entry that makes it true; answered when that is durable and applied.
    caf::replies_to<publish>::with<answer>>;
using far_queue_actor = caf::typed_actor<
    // A dispatcher's credit. The leases count from now; their entry is logged meanwhile.
    caf::replies_to<lease_request>::with<lease_reply>,
    // False: the lease is not held with this token any more, the work is in vain.
    caf::replies_to<renew_lease>::with<bool>,
    // Back to the queue with backoff, or to the dead letters after the last try.
    caf::reacts_to<give_back>>;

// One Raft group's replica on this node. Supervises its three topics and three queues.
using partition_actor = far_partition_actor::extend<
    // From other nodes.
    caf::reacts_to<parcel>,
    // An operator's word. Refused with `conflict` while its group may have a majority.
    caf::replies_to<take_over>::with<answer>,
    // The store has done what was asked of it (actors/posted_steps.hpp); sent by whoever brings the first.
    caf::reacts_to<caf::atom_constant<caf::atom("stored")>>,
    // Time to look whether there still is a leader, or to say that there is; sent by itself.
    caf::reacts_to<caf::atom_constant<caf::atom("tick")>, std::uint64_t>,
    // One step towards the members and the leader that it should have; sent by itself.
    caf::reacts_to<caf::atom_constant<caf::atom("keep")>>,
    // Looks for what retention lets go of; sent by itself.
    caf::reacts_to<caf::atom_constant<caf::atom("retain")>>,
    // A child that went down is made again after its delay; sent by itself.
    caf::reacts_to<caf::atom_constant<caf::atom("restart")>, std::uint64_t>>;

// A broadcaster over one partition.
using topic_actor = far_topic_actor::extend<
    // From the partition: to be told to all subscribers.
    caf::reacts_to<committed>>;

// A mailbox over one partition: leases, visibility, attempts, dead letters.
using queue_actor = far_queue_actor::extend<
    // From its topic, in the log's order.
    caf::reacts_to<delivered>, caf::replies_to<ask_figures>::with<queue_figures>,
    // Leases that ran out, delays that are over; sent by itself.
    caf::reacts_to<caf::atom_constant<caf::atom("tick")>, std::uint64_t>>;

// One worker: one message at a time.
using worker_actor = caf::typed_actor<caf::reacts_to<leased_work>,
                                      // The stage has ended, on its thread; sent by itself.
                                      caf::reacts_to<caf::atom_constant<caf::atom("done")>, std::uint64_t>,
                                      // Time to renew the lease of this epoch; sent by itself.
                                      caf::reacts_to<caf::atom_constant<caf::atom("renew")>, std::uint64_t>,
                                      // There was no dispatcher: look again; sent by itself.
                                      caf::reacts_to<caf::atom_constant<caf::atom("enlist")>>>;

// Holds a node's free workers and finds work for them.
using dispatcher_actor =
    caf::typed_actor<caf::reacts_to<available>,
                     // A worker is free, or new.
                     caf::reacts_to<idle, worker_actor>,
                     // A worker that has something to do since before this dispatcher was made.
                     caf::reacts_to<at_work, worker_actor>, caf::replies_to<drain>::with<bool>>;

// Passes a node what the topics announce. One per node, however many watch there.
using relay_actor = caf::typed_actor<caf::reacts_to<announced>>;

// Keeps its children alive: one_for_one, with growing delay, until the restart intensity is exceeded.
using supervisor_actor =
    caf::typed_actor<caf::reacts_to<caf::atom_constant<caf::atom("restart")>, std::uint64_t>>;

// Verifies, sweeps and removes object files, a little at a time.
using scrubber_actor =
    caf::typed_actor<caf::reacts_to<caf::atom_constant<caf::atom("scrub")>>,
                     // A round has ended, on its thread; sent by itself.
                     caf::reacts_to<caf::atom_constant<caf::atom("done")>>,
                     // While the cluster's nodes change: looks for files that are to be here; sent by itself.
                     caf::reacts_to<caf::atom_constant<caf::atom("move")>>,
                     // Such a look has ended: the next one after so many milliseconds; sent by itself.
                     caf::reacts_to<caf::atom_constant<caf::atom("moved")>, std::int64_t>,
                     // From the partitions: rows that are gone, whose files may go.
                     caf::reacts_to<std::vector<object_name>>,
                     // And rows that are new, whose files are to be here.
                     caf::reacts_to<stored_objects>,
                     // Those, when their files have had time to come; sent by itself.
                     caf::reacts_to<caf::atom_constant<caf::atom("look")>, stored_objects>>;

}  // namespace dip
