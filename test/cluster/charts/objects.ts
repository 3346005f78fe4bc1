import { parse, parseAllDocuments } from 'yaml';
import { fields, text, type Fields, type Value } from '../../manifests/files.ts';

/** Objects by kind, namespace and name: `Deployment pinstream-system/pinstream-webhook`. */
export type Objects = Readonly<Record<string, Fields>>;

/** The objects of a YAML stream. Throws when two are the same. */
export function objectsOf(yaml: string): Objects {
  const objects: Record<string, Fields> = {};
  for (const document of [...parseAllDocuments(yaml)]) {
    const [problem] = document.errors;
    if (problem !== undefined) throw new Error(problem.message);
    const object = fields(document.toJS() as Value);
    if (object.kind === undefined) continue;
    const { namespace, name } = fields(object.metadata);
    const place = namespace === undefined ? '' : `${text(namespace)}/`;
    const key = `${text(object.kind)} ${place}${text(name)}`;
    if (key in objects) throw new Error(`twice: ${key}`);
    objects[key] = object;
  }
  return objects;
}

/** What says that Helm brought an object, and of which chart. */
const ofHelm = {
  labels: [
    'app.kubernetes.io/instance',
    'app.kubernetes.io/managed-by',
    'app.kubernetes.io/version',
    'helm.sh/chart',
  ],
  annotations: ['helm.sh/resource-policy'],
};

/** An object of the release `pinstream` without what Helm adds, the configuration as what it says, expressions on one line. */
export function plain(object: Fields): Fields {
  const metadata = fields(object.metadata);
  const without = (kind: 'labels' | 'annotations'): Fields => {
    const ours = Object.entries(fields(metadata[kind])).filter(
      ([key, value]) =>
        !ofHelm[kind].includes(key) || (key === 'app.kubernetes.io/instance' && value !== 'pinstream'),
    );
    return ours.length === 0 ? {} : { [kind]: Object.fromEntries(ours) };
  };
  const { labels: _labels, annotations: _annotations, ...rest } = metadata;
  const configuration = fields(object.data)['config.yaml'];
  return fields(
    withFoldedExpressions({
      ...object,
      metadata: { ...rest, ...without('labels'), ...without('annotations') },
      ...(configuration === undefined
        ? {}
        : { data: { ...fields(object.data), 'config.yaml': parse(text(configuration)) as Value } }),
    }),
  );
}

/** Kustomize writes folded text of several depths with further line breaks; CEL sees no difference. */
function withFoldedExpressions(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Value[]).map(withFoldedExpressions);
  const entries = Object.entries(fields(value)).map(([key, child]): [string, Value] => [
    key,
    key === 'expression' ? text(child).replaceAll(/\s+/g, ' ') : withFoldedExpressions(child),
  ]);
  return Object.fromEntries(entries);
}

/** Whether an object is run by `helm test` only. */
export function isHook(object: Fields): boolean {
  return 'helm.sh/hook' in fields(fields(object.metadata).annotations);
}
