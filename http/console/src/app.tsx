import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { href, route } from "./lib/route";
import { Asking, Toasts } from "./ui/ask";
import { Empty, Page } from "./ui/parts";
import { places, Shell } from "./ui/shell";
import { ActorView } from "./views/actor";
import { ActorsView } from "./views/actors";
import { ClusterView } from "./views/cluster";
import { MailView } from "./views/mail";
import { OverviewView } from "./views/overview";
import { QueueView } from "./views/queue";
import { QueuesView } from "./views/queues";
import { RequestView } from "./views/request";
import { RequestsView } from "./views/requests";
import { TryView } from "./views/try";

function Nowhere() {
  return <Page title="Nothing here"><Empty icon="search" title="There is no such view"><a class="btn" href={href([])}>To the overview</a></Empty></Page>;
}

const lists: Record<string, ComponentType> = { "": OverviewView, requests: RequestsView, queues: QueuesView, actors: ActorsView, cluster: ClusterView, mail: MailView, try: TryView };
const details: Record<string, ComponentType<{ id: string }>> = { requests: RequestView, queues: QueueView, actors: ActorView };

function View() {
  const { path } = route.value;
  const [place = "", id] = path;
  if (path.length === 2 && id && Object.hasOwn(details, place)) {
    const Detail = details[place]!;
    return <Detail key={id} id={id} />;
  }
  const List = path.length < 2 && Object.hasOwn(lists, place) ? lists[place]! : Nowhere;
  return <List />;
}

export function App() {
  const at = route.value.path.join("/");
  useEffect(() => {
    const [place = "", id] = route.value.path;
    const name = places.find((p) => p.path === place)?.text ?? "DIP";
    document.title = `${id ? `${id} · ` : ""}${name} · DIP console`;
    scrollTo(0, 0);
  }, [at]);
  return (
    <>
      <Shell><View /></Shell>
      <Asking />
      <Toasts />
    </>
  );
}
