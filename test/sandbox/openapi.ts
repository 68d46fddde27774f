/**
 * Immich's own API descriptions, reduced to the calls that are used here and to what can be checked: which fields an
 * answer must have and of which kind. `node test/sandbox/openapi.ts <folder>` writes the extract anew from
 * `immich-openapi-<version>.json` in that folder.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const VERSIONS = ['2.6.3', '3.1.0'] as const;
export const EXTRACT = new URL('../fixtures/immich-openapi.json', import.meta.url);

export const CALLS = [
  'GET /server/ping',
  'GET /server/version',
  'GET /server/config',
  'GET /server/media-types',
  'GET /users/me',
  'GET /users',
  'GET /api-keys/me',
  'POST /assets',
  'DELETE /assets',
  'POST /assets/bulk-upload-check',
  'GET /assets/{id}',
  'PUT /assets/{id}',
  'GET /assets/{id}/metadata',
  'GET /assets/{id}/original',
  'GET /albums',
  'POST /albums',
  'GET /albums/{id}',
  'DELETE /albums/{id}',
  'PUT /albums/{id}/assets',
  'DELETE /albums/{id}/assets',
  'PUT /albums/{id}/users',
  'POST /search/metadata',
  'POST /trash/restore/assets',
] as const;

export type Schema = {
  $ref?: string;
  type?: string;
  nullable?: boolean;
  enum?: string[];
  format?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  allOf?: Schema[];
};
export type Extract = {
  calls: Record<string, { permission?: string; answers: Record<string, Schema | null> }>;
  schemas: Record<string, Schema>;
};

type Description = {
  paths: Record<
    string,
    Record<
      string,
      {
        'x-immich-permission'?: string;
        responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
      }
    >
  >;
  components: { schemas: Record<string, Schema> };
};

const KEPT = ['$ref', 'type', 'nullable', 'enum', 'format', 'required'] as const;

function reduce(schema: Schema): Schema {
  const reduced: Schema = {};
  for (const key of KEPT) if (schema[key] !== undefined) Object.assign(reduced, { [key]: schema[key] });
  if (schema.properties !== undefined) {
    reduced.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, one]) => [name, reduce(one)]),
    );
  }
  if (schema.items !== undefined) reduced.items = reduce(schema.items);
  if (schema.allOf !== undefined) reduced.allOf = schema.allOf.map(reduce);
  return reduced;
}

const nameOf = (reference: string) => reference.slice(reference.lastIndexOf('/') + 1);

export function extractOf(description: Description): Extract {
  const extract: Extract = { calls: {}, schemas: {} };
  const collect = (schema: Schema | undefined) => {
    if (schema === undefined) return;
    for (const part of [schema.items, ...(schema.allOf ?? []), ...Object.values(schema.properties ?? {})])
      collect(part);
    if (schema.$ref === undefined) return;
    const name = nameOf(schema.$ref);
    const target = description.components.schemas[name];
    if (name in extract.schemas || target === undefined) return;
    extract.schemas[name] = reduce(target);
    collect(target);
  };
  for (const call of CALLS) {
    const [method = '', path = ''] = call.split(' ');
    const operation = description.paths[path]?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`There is no ${call}`);
    const answers = Object.entries(operation.responses).map(([status, { content }]) => {
      const schema = Object.values(content ?? {})[0]?.schema;
      collect(schema);
      return [status, schema === undefined ? null : reduce(schema)] as const;
    });
    const permission = operation['x-immich-permission'];
    extract.calls[call] = {
      ...(permission === undefined ? {} : { permission }),
      answers: Object.fromEntries(answers),
    };
  }
  return extract;
}

/** What of a value is not as its schema has it, by path. */
export function mismatches(schema: Schema, value: unknown, extract: Extract, at = ''): string[] {
  if (value === null) return schema.nullable === true ? [] : [`${at} is null`];
  if (schema.$ref !== undefined) {
    const target = extract.schemas[nameOf(schema.$ref)];
    return target === undefined ? [`${at}: no ${schema.$ref}`] : mismatches(target, value, extract, at);
  }
  const inherited = (schema.allOf ?? []).flatMap((part) => mismatches(part, value, extract, at));
  if (schema.enum !== undefined && !schema.enum.some((one) => one === value))
    return [`${at}: ${JSON.stringify(value)} is none of ${schema.enum.join(', ')}`];
  switch (schema.type) {
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((one, index) => mismatches(schema.items ?? {}, one, extract, `${at}[${index}]`))
        : [`${at} is no list`];
    case 'object': {
      if (typeof value !== 'object' || value === null) return [`${at} is no object`];
      const fields = value as Record<string, unknown>;
      const missing = (schema.required ?? [])
        .filter((name) => !(name in fields))
        .map((name) => `${at}.${name} is missing`);
      const unknown = Object.keys(fields)
        .filter((name) => schema.properties !== undefined && !(name in schema.properties))
        .map((name) => `${at}.${name} is unknown`);
      const wrong = Object.entries(schema.properties ?? {})
        .filter(([name]) => fields[name] !== undefined)
        .flatMap(([name, one]) => mismatches(one, fields[name], extract, `${at}.${name}`));
      return [...inherited, ...missing, ...unknown, ...wrong];
    }
    case 'string':
      if (typeof value !== 'string') return [`${at} is no text`];
      return schema.format === 'date-time' && Number.isNaN(Date.parse(value)) ? [`${at} is no date`] : [];
    case 'integer':
      return Number.isInteger(value) ? [] : [`${at} is no integer`];
    case 'number':
    case 'boolean':
      return typeof value === schema.type ? [] : [`${at} is no ${schema.type}`];
    default:
      return inherited;
  }
}

export const extractFrom = (folder: string): Record<string, Extract> =>
  Object.fromEntries(
    VERSIONS.map((version) => [
      version,
      extractOf(
        JSON.parse(readFileSync(join(folder, `immich-openapi-${version}.json`), 'utf8')) as Description,
      ),
    ]),
  );

if (import.meta.main)
  writeFileSync(EXTRACT, `${JSON.stringify(extractFrom(process.argv[2] ?? '.'), undefined, 1)}\n`);
