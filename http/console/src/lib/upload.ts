// Uploading with progress, which fetch does not tell.
import { ApiError, token, url } from "./api";
import type { UploadedFile } from "./types";

export function upload(file: File, progress: (share: number) => void): { done: Promise<UploadedFile>; stop: () => void } {
  const call = new XMLHttpRequest();
  const done = new Promise<UploadedFile>((resolve, reject) => {
    call.open("POST", url("/files", { name: file.name }));
    if (token.value) call.setRequestHeader("Authorization", `Bearer ${token.value}`);
    // The node looks at the bytes; this only says that the body is them, and no form.
    call.setRequestHeader("Content-Type", "application/octet-stream");
    call.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
    call.onerror = () => reject(new ApiError(0, "unreachable", "the upload broke off"));
    call.onabort = () => reject(new DOMException("stopped", "AbortError"));
    call.onload = () => {
      try {
        const said = JSON.parse(call.responseText);
        if (call.status === 201) resolve(said);
        else reject(new ApiError(call.status, said.code ?? "unknown", said.detail ?? call.statusText, said.pointer, said.request_id));
      } catch {
        reject(new ApiError(call.status, "unknown", `the answer was ${call.status} ${call.statusText}`.trim()));
      }
    };
    call.send(file);
  });
  return { done, stop: () => call.abort() };
}
