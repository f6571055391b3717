import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, failureOf, get, headers, post, url } from "../lib/api";
import { bytes, duration, percent } from "../lib/format";
import { formatsOf, operationsOf, pick, recipe, whereOf, type Description, type Picked } from "../lib/recipe";
import { href } from "../lib/route";
import { readEvents } from "../lib/sse";
import { isFinal, type RequestRecord, type TimelineEvent, type UploadedFile } from "../lib/types";
import { upload } from "../lib/upload";
import { Icon } from "../ui/icons";
import { Card, Failed, Loading, Page, Status } from "../ui/parts";
import { Picture } from "../ui/picture";
import { useRead } from "../ui/use";
import { Steps } from "./steps";

type Source = { state: "none" } | { state: "sending"; file: File; share: number } | { state: "there"; uploaded: UploadedFile; name: string } | { state: "failed"; why: string };

function Drop({ source, take, stop }: { source: Source; take: (f: File) => void; stop: () => void }) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const drop = (e: DragEvent) => {
    e.preventDefault();
    setOver(false);
    const file = e.dataTransfer?.files[0];
    if (file) take(file);
  };
  return (
    <div class={`drop ${over ? "over" : ""} ${source.state}`} onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={drop}>
      <input ref={input} type="file" accept="image/*,.heic,.avif,.jxl,.pdf" class="sr" tabIndex={-1} aria-label="Image" onChange={(e) => { const f = e.currentTarget.files?.[0]; if (f) take(f); e.currentTarget.value = ""; }} />
      {source.state === "there" ? (
        <>
          <Picture url={source.uploaded.url} alt={`The upload, ${source.name}`} />
          <div class="drop-foot"><span class="grow clip"><b>{source.name}</b> <span class="muted">{source.uploaded.format}, {source.uploaded.width} × {source.uploaded.height}, {bytes(source.uploaded.size)}</span></span><button class="btn small" onClick={() => input.current!.click()}>Another</button></div>
        </>
      ) : source.state === "sending" ? (
        <div class="drop-mid"><b class="clip">{source.file.name}</b><progress class="progress" max={1} value={source.share} aria-label="Upload" /><span class="muted">{percent(source.share)} of {bytes(source.file.size)}</span><button class="btn small" onClick={stop}>Stop</button></div>
      ) : (
        <div class="drop-mid">
          <span class="glyph"><Icon name="try" size={20} /></span>
          <b>Drop an image here</b>
          <span class="muted">or <button class="text-btn" onClick={() => input.current!.click()}>choose a file</button></span>
          {source.state === "failed" && <span class="bad" role="alert">{source.why}</span>}
        </div>
      )}
    </div>
  );
}

// Each change as it happens; where the stream breaks off the record is asked.
async function follow(id: string, take: (e: TimelineEvent) => void, signal: AbortSignal): Promise<RequestRecord> {
  const path = `/requests/${id}`;
  for (;;) {
    try {
      const answer = await fetch(url(`${path}/events`), { headers: headers(), signal, cache: "no-store" });
      if (!answer.ok) throw await failureOf(answer);
      if (answer.body) await readEvents(answer.body, (e) => take(JSON.parse(e.data)));
    } catch (e) {
      if (signal.aborted) throw e;
    }
    const record = await get<RequestRecord>(path, { wait: "20s" }, signal);
    if (isFinal(record.status)) return record;
  }
}

const stages = ["accepted", "preprocessing", "preprocessed", "processing", "processed"] as const;

function Progress({ events, record }: { events: TimelineEvent[]; record: RequestRecord | null }) {
  const at = record?.status ?? events.at(-1)?.status ?? "accepted";
  const reached = Math.max(...events.map((e) => stages.indexOf(e.status as (typeof stages)[number])), 0);
  return (
    <ol class="stepper" aria-label="Progress">
      {stages.map((s, i) => {
        const e = events.find((x) => x.status === s);
        const how = e ? (i === reached && !isFinal(at) ? "now" : "done") : at === "failed" && i === reached + 1 ? "bad" : "";
        return <li key={s} class={how}><i class="dot" /><span>{s}</span><span class="faint">{e?.took_ms ? duration(e.took_ms) : e?.node ?? ""}</span></li>;
      })}
    </ol>
  );
}

function Result({ record, source }: { record: RequestRecord; source: UploadedFile }) {
  const out = record.outputs[0];
  if (!out) return <div class="note bad"><Icon name="alert" />{record.error ? `${record.error.code}: ${record.error.detail}` : `It was ${record.status}.`}</div>;
  const saved = 1 - out.size / source.size;
  return (
    <div class="beside">
      <figure><Picture url={source.url} alt="The original" /><figcaption><b>Original</b><span class="muted">{source.format}, {source.width} × {source.height}, {bytes(source.size)}</span></figcaption></figure>
      <figure><Picture url={out.url} alt="The result" /><figcaption><b>Result</b><span class="muted">{out.format}, {out.width} × {out.height}, {bytes(out.size)}{saved > 0.01 && <>, <span class="good">{percent(saved)} smaller</span></>}</span></figcaption></figure>
    </div>
  );
}

export function TryView() {
  const described = useRead<Description>("/openapi.json");
  const known = described.data ? operationsOf(described.data) : [];
  const [source, setSource] = useState<Source>({ state: "none" });
  const [steps, setSteps] = useState<Picked[]>([pick("resize", 0)]);
  const [format, setFormat] = useState("");
  const [quality, setQuality] = useState("");
  const [id, setId] = useState<string | null>(null);
  const [events, setEvents] = useState<TimelineEvent[]>([]);
  const [record, setRecord] = useState<RequestRecord | null>(null);
  const [of, setOf] = useState<UploadedFile | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const stop = useRef<() => void>(() => {});
  const ending = useRef<AbortController | null>(null);
  useEffect(() => () => { ending.current?.abort(); stop.current(); }, []);

  const take = async (file: File) => {
    const limit = described.data?.["x-limits"]?.upload;
    if (limit && file.size > limit) return setSource({ state: "failed", why: `${file.name} has ${bytes(file.size)}; this node takes ${bytes(limit)}` });
    setSource({ state: "sending", file, share: 0 });
    const sending = upload(file, (share) => setSource({ state: "sending", file, share }));
    stop.current = sending.stop;
    try {
      setSource({ state: "there", uploaded: await sending.done, name: file.name });
    } catch (e) {
      setSource(e instanceof ApiError ? { state: "failed", why: e.message } : { state: "none" });
    }
  };

  const run = async () => {
    if (source.state !== "there") return;
    ending.current?.abort();
    const mine = (ending.current = new AbortController());
    setBusy(true);
    setError(null);
    setRecord(null);
    setEvents([]);
    setId(null);
    try {
      const output = { ...(format ? { format } : {}), ...(quality ? { quality: Number(quality) } : {}) };
      const accepted = await post<{ id: string }>("/process-file", { file: source.uploaded.key, operations: recipe(steps, known), ...(Object.keys(output).length ? { outputs: [output] } : {}) });
      setId(accepted.id);
      setOf(source.uploaded);
      setRecord(await follow(accepted.id, (e) => setEvents((have) => (have.some((h) => h.at === e.at && h.status === e.status) ? have : [...have, e])), mine.signal));
    } catch (e) {
      if (!mine.signal.aborted) setError(e instanceof ApiError ? e : new ApiError(0, "internal", String(e)));
    } finally {
      if (ending.current === mine) setBusy(false);
    }
  };

  const wrong = error?.pointer ? whereOf(error.pointer) : null;
  return (
    <Page title="Try it">
      <div class="try">
        <div class="stack">
          <Card title="Image"><div class="pad"><Drop source={source} take={take} stop={() => stop.current()} /></div></Card>
          <Card title="Operations" aside="in this order">
            {described.data ? <Steps steps={steps} known={known} change={setSteps} wrong={wrong} why={error?.message ?? ""} most={described.data["x-limits"]?.operations ?? 20} /> : described.error ? <Failed error={described.error} retry={described.again} /> : <Loading rows={3} />}
          </Card>
          <Card title="Output">
            <div class="pad row wrap">
              <label class="field"><span>Format</span><select class="input" value={format} onChange={(e) => setFormat(e.currentTarget.value)}><option value="">as it came</option>{(described.data ? formatsOf(described.data) : []).map((f) => <option key={f}>{f}</option>)}</select></label>
              <label class="field"><span>Quality</span><input class="input short" type="number" min={1} max={100} placeholder="standard" value={quality} disabled={!["jpeg", "webp", "avif", "jxl"].includes(format)} onInput={(e) => setQuality(e.currentTarget.value)} /></label>
            </div>
          </Card>
          <button class="btn primary wide-btn" disabled={source.state !== "there" || busy} onClick={run}>{busy ? <><Icon name="refresh" spin />Processing…</> : <><Icon name="play" />Process</>}</button>
          {source.state !== "there" && <p class="faint centre">Needs an image first.</p>}
        </div>
        <Card title="Result" class="result" aside={id && <>{record && <Status status={record.status} />}<a href={href(["requests", id])}>Open the request</a></>}>
          <div class="pad stack">
            {error && <div class="note bad" role="alert"><Icon name="alert" />{error.message}{error.pointer && <span class="mono"> {error.pointer}</span>}</div>}
            {id && <Progress events={events} record={record} />}
            {record && of ? <Result record={record} source={of} /> : !id && !error && (
              <div class="state"><span class="glyph"><Icon name="image" size={20} /></span><b>The result appears here</b><p>Beside the original, with what each stage took. It is an ordinary request: it stands in the list, and goes through the same queues.</p></div>
            )}
          </div>
        </Card>
      </div>
    </Page>
  );
}
