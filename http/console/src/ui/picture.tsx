// A picture of a file. Where a token is needed the bytes are fetched with it: an <img> cannot send one.
import { useEffect, useState } from "preact/hooks";
import { headers, local, token } from "../lib/api";
import { Icon } from "./icons";

export function Picture({ url, alt }: { url: string; alt: string }) {
  const src = local(url);
  const needed = !!token.value;
  const [blob, setBlob] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    setFailed(false);
    setBlob(null);
    if (!needed) return;
    const ending = new AbortController();
    let made: string | null = null;
    fetch(src, { headers: headers(), signal: ending.signal })
      .then(async (r) => {
        if (!r.ok) throw new Error(String(r.status));
        made = URL.createObjectURL(await r.blob());
        setBlob(made);
      })
      .catch(() => !ending.signal.aborted && setFailed(true));
    return () => {
      ending.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, [src, needed]);
  const at = needed ? blob : src;
  return (
    <div class="picture">
      {failed ? <span class="picture-none"><Icon name="image" size={20} />cannot be shown here</span>
        : at ? <img src={at} alt={alt} loading="lazy" decoding="async" onError={() => setFailed(true)} />
        : <span class="picture-none"><Icon name="image" size={20} /></span>}
    </div>
  );
}
