// Lints an OpenAPI document: node lint.mjs openapi.json. Rules and why some are off: redocly.yaml.
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core';
import { readFileSync } from 'node:fs';

const config = await createConfig(readFileSync(new URL('redocly.yaml', import.meta.url), 'utf8'));
const problems = await lint({ ref: process.argv[2], config });
const totals = getTotals(problems);
formatProblems(problems, { format: 'codeframe', totals, version: '' });
process.exitCode = totals.errors + totals.warnings > 0 ? 1 : 0;
