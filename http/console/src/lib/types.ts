// The shapes of the API that the console reads; docs/api.md has them in full.

export type RequestStatus =
  | "accepted" | "preprocessing" | "preprocessed" | "processing" | "processed" | "failed" | "cancelled";

export const statuses: RequestStatus[] = [
  "accepted", "preprocessing", "preprocessed", "processing", "processed", "failed", "cancelled",
];
export const isFinal = (s: RequestStatus) => s === "processed" || s === "failed" || s === "cancelled";

export interface Failure { code: string; detail: string; stage?: string }
export interface Output { name: string; url: string; format: string; width: number; height: number; size: number }
export interface TimelineEvent { at: string; status: RequestStatus; node: string; worker: string; took_ms: number }
export type NotificationState = "none" | "pending" | "sent" | "failed";

export interface RequestRecord {
  id: string;
  status: RequestStatus;
  run: number;
  file: string;
  file_name: string;
  preset: string | null;
  operations: Record<string, unknown>[];
  outputs: Output[];
  error: Failure | null;
  notification: {
    email: NotificationState;
    webhook: NotificationState;
    email_detail: string | null;
    webhook_detail: string | null;
  };
  attempts: Record<string, number>;
  timeline: TimelineEvent[];
  created_at: string;
  updated_at: string;
  expires_at: string | null;
  metadata: unknown;
}

export interface Hop {
  what: string;
  topic: string | null;
  queue: string | null;
  node: string | null;
  actor: string | null;
  attempt: number | null;
  at: string | null;
  waited_ms: number | null;
  worked_ms: number | null;
  outcome: string | null;
  error: { code: string; detail: string } | null;
}
export interface Trace { id: string; status: RequestStatus; run: number; from: string; to: string | null; hops: Hop[] }

export interface Topic { name: string; subscribers: string[]; published: number; rate: number }
export interface QueuePartition {
  partition: number;
  leader: string | null;
  visible: number;
  in_flight: number;
  delayed: number;
  dead: number;
  oldest_ms: number | null;
  paused: boolean;
}
export interface Queue {
  name: string;
  topic: string;
  visible: number;
  in_flight: number;
  delayed: number;
  dead: number;
  oldest_ms: number | null;
  in_rate: number;
  out_rate: number;
  acquired: number;
  returned: number;
  paused: boolean;
  partitions?: QueuePartition[];
}
export interface Attempt { at: string; node: string; code: string; detail: string; counted: boolean }
export interface Message {
  id: string;
  request: string;
  run: number;
  kind: string;
  partition: number;
  state: "visible" | "in_flight" | "delayed" | "dead";
  enqueued_at: string;
  visible_at: string;
  age_ms: number;
  acquired: number;
  failed: number;
  lease: { node: string; since: string } | null;
  dead_at: string | null;
  error: { code: string; detail: string } | null;
  attempts: Attempt[];
}
export interface Group { code: string; count: number }

export type ActorState = "idle" | "busy" | "stuck" | "backoff" | "dead";
export interface Actor {
  id: string;
  name: string;
  kind: string;
  node: string;
  parent: string | null;
  state: ActorState;
  mailbox: number;
  mailbox_high: number;
  oldest_ms: number | null;
  processed: number;
  rate: number;
  busy: number;
  busy_ms_p50: number;
  busy_ms_p99: number;
  wait_ms_p50: number;
  wait_ms_p99: number;
  restarts: number;
  restarted_at: string | null;
  last_error: string | null;
  since: string;
  current: { message: string; for_ms: number } | null;
  ended_at?: string;
  reason?: string;
}
export interface ActorEvent { at: string; message: string; waited_ms: number; worked_ms: number; outcome: string }
export interface ActorDetail extends Actor { events: ActorEvent[]; children: string[] }

export interface ClusterNode {
  name: string;
  address: string;
  up: boolean;
  draining?: boolean;
  version?: string;
  since?: string;
  disk_free?: number;
  load?: number;
  memory?: number;
  actors?: number;
  restarts?: number;
  leaders?: number;
  formats?: { read: string[]; write: string[] };
  codecs?: { program: string; libvips: string; libraries: Record<string, string> }[];
  placement?: { of: string; settled: boolean; partitions: number; files: number };
  sees?: { node: string; up: boolean; since: string | null; last_heard_ms: number | null }[];
}
export interface Replica { node: string; up: boolean; role?: string | null; applied: number | null; lag: number | null }
export interface Partition { partition: number; leader: string | null; term: number; replicas: Replica[] }
export interface Cluster { nodes: ClusterNode[]; partitions: Partition[]; console?: { destructive: boolean } }

export interface Suppression { address: string; since: string; detail: string; request: string }
export interface AuditEntry {
  at: string;
  who: string;
  from: string;
  what: string;
  on: string | null;
  outcome: string;
  reason: string | null;
  node: string;
}

export interface OverviewNode {
  name: string;
  up: boolean;
  draining: boolean;
  load: number;
  busy_workers: number;
  workers: number;
  images_per_s: number;
}
export interface Stage { name: string; workers: number; busy: number; rate: number; p50_ms: number; p99_ms: number }
export interface Overview {
  at: string;
  topics: Topic[];
  queues: Queue[];
  nodes: OverviewNode[];
  stages: Stage[];
  requests: Partial<Record<RequestStatus, number>>;
}

export interface UploadedFile {
  bucket: string;
  key: string;
  url: string;
  size: number;
  format: string;
  width: number;
  height: number;
  pages: number;
  has_alpha: boolean;
}
