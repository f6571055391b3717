// Types of a client out of an OpenAPI document: node generate.mjs openapi.json api.d.ts
import openapiTS, { astToString } from 'openapi-typescript';
import { readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';

const blob = ts.factory.createTypeReferenceNode('Blob');
const types = await openapiTS(JSON.parse(readFileSync(process.argv[2], 'utf8')), {
  defaultNonNullable: false, // a default makes a field of a request no less optional
  transform: (schema) => (schema.format === 'binary' ? blob : undefined),
});
writeFileSync(process.argv[3], astToString(types));
