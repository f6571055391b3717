// The main job through a generated client: upload, ask, wait, fetch. node client.js URL FILE [KEY]
import { readFileSync } from 'node:fs';
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

const [url, file, key] = process.argv.slice(2);
if (!url || !file) throw new Error('node client.js URL FILE [KEY]');
const dip = createClient<paths>({ baseUrl: url, headers: key ? { Authorization: `Bearer ${key}` } : {} });

type Problem = components['schemas']['Problem'];
const form = (body: unknown) => {
  const out = new FormData();
  for (const [name, value] of Object.entries(body as Record<string, Blob | object>))
    if (value instanceof Blob) out.append(name, value, 'cat.jpg');
    else out.append(name, JSON.stringify(value));
  return out;
};
function there<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) throw new Error(answer.error ? `${answer.error.code}: ${answer.error.detail}` : 'no answer');
  return answer.data;
}

const image = new Blob([readFileSync(file)]);
const uploaded = there(await dip.POST('/files', { body: { file: image }, bodySerializer: form }));

const request: components['schemas']['ProcessRequest'] = {
  file: uploaded.key,
  operations: [{ op: 'resize', width: 60, height: 40, fit: 'cover' }, { op: 'sharpen' }],
  outputs: [
    { name: 'large', format: 'webp', quality: 82 },
    { name: 'thumb', format: 'png', operations: [{ op: 'resize', width: 16 }] },
  ],
  metadata: { order: 4711 },
};
const accepted = there(
  await dip.POST('/process-file', { body: request, params: { header: { 'Idempotency-Key': 'client-1' } } }),
);

let record = there(await dip.GET('/requests/{id}', { params: { path: { id: accepted.id } } }));
while (record.status !== 'processed') {
  if (record.status === 'failed' || record.status === 'cancelled') throw new Error(record.error?.detail ?? record.status);
  record = there(await dip.GET('/requests/{id}', { params: { path: { id: accepted.id }, query: { wait: '30s' } } }));
}

const results = [];
for (const output of record.outputs) {
  const [attempt, name] = new URL(output.url).pathname.split('/').slice(-2);
  const path = { bucket: 'rtp-processed-files' as const, attempt: attempt!, output: name! };
  const info = there(
    await dip.GET('/files/{bucket}/{attempt}/{output}', { params: { path, query: { info: '' } } }),
  ) as components['schemas']['File'];
  const bytes = there(
    await dip.GET('/files/{bucket}/{attempt}/{output}', { params: { path }, parseAs: 'blob' }),
  ) as Blob;
  results.push({ name: output.name, format: info.format, width: info.width, height: info.height,
                 size: output.size, bytes: bytes.size, type: bytes.type });
}

// What is wrong is told by type as well.
const refused = await dip.POST('/process-file', { body: { file: uploaded.key, operations: [{ op: 'blur', sigma: 0 }] } });
const pointer = refused.error && 'pointer' in refused.error ? refused.error.pointer : undefined;
const both = there(
  await dip.POST('/process-file', { body: { file: image, request: { metadata: { order: 2 } } }, bodySerializer: form }),
);

console.log(JSON.stringify({ results, metadata: record.metadata, refused: refused.error?.code, pointer, both: both.status }));
