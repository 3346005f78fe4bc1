import { fields, list, text, type Fields, type Value } from './files.ts';

/** Where an OpenAPI v3 schema of a custom resource is not structural: fields that have no type. */
export function unstructured(schema: Fields, path = ''): string[] {
  const free =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-int-or-string'] === true;
  const here = schema.type === undefined && !free ? [path] : [];
  return [...here, ...children(schema).flatMap(([name, child]) => unstructured(child, `${path}.${name}`))];
}

function children(schema: Fields): (readonly [string, Fields])[] {
  const properties = Object.entries(fields(schema.properties)).map(
    ([name, child]) => [name, fields(child)] as const,
  );
  const items = schema.items === undefined ? [] : [['[]', fields(schema.items)] as const];
  const additional = schema.additionalProperties;
  const values = additional === undefined ? [] : [['{}', fields(additional)] as const];
  return [...properties, ...items, ...values];
}

/** Every field of a schema that people may set, with whether it says what it is for. */
export function undescribed(schema: Fields, path = ''): string[] {
  return children(schema).flatMap(([name, child]) => {
    const here = `${path}.${name}`;
    const missing = child.description === undefined && name !== '{}' && here !== '.metadata' ? [here] : [];
    return [...missing, ...undescribed(child, here)];
  });
}

/** Why a value does not fit a schema: types, enums, required and unknown fields. Rules (CEL) are the API server's. */
export function misfits(schema: Fields, value: Value | undefined, path = ''): string[] {
  if (value === undefined) return [];
  if (value === null) return schema.nullable === true ? [] : [`${path}: null`];
  if (schema.type !== undefined && !isOf(text(schema.type), value))
    return [`${path}: not of type ${text(schema.type)}`];
  if (schema.enum !== undefined && !list(schema.enum).includes(value))
    return [`${path}: not one of the enum`];
  if (Array.isArray(value)) {
    return list(value).flatMap((item, index) => misfits(fields(schema.items), item, `${path}[${index}]`));
  }
  return typeof value === 'object' ? misfitsOfFields(schema, fields(value), path) : [];
}

function misfitsOfFields(schema: Fields, value: Fields, path: string): string[] {
  const missing = list(schema.required)
    .map(text)
    .filter((name) => value[name] === undefined);
  const properties = fields(schema.properties);
  const known = (name: string): Fields | undefined => {
    const found = properties[name] ?? schema.additionalProperties;
    return found === undefined ? undefined : fields(found);
  };
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.properties === undefined;
  return [
    ...missing.map((name) => `${path}.${name}: required`),
    ...Object.entries(value).flatMap(([name, child]) => {
      const childSchema = known(name);
      if (childSchema !== undefined) return misfits(childSchema, child, `${path}.${name}`);
      return open ? [] : [`${path}.${name}: unknown`];
    }),
  ];
}

function isOf(type: string, value: Value): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}
