import { asTextMap, objectAt, stringAt, type JsonObject } from '../json/untyped.ts';
import { decodeBase64, parseDockerConfig, type DockerConfigForm } from './docker-config.ts';
import type { KeyedCredential } from './keychain.ts';

/** A Secret as the API or a file has it: `data` in base64, or `stringData`. */
export type RawSecret = JsonObject;

/** The secrets of a namespace, and what its service account `default` names in `imagePullSecrets`, in that order. */
export interface NamespaceSecrets {
  readonly secrets: readonly RawSecret[];
  readonly pullSecretNames: readonly string[];
}

/** What is in them. `notes` name what is not used and why, a line each. */
export interface PullSecrets {
  readonly entries: readonly KeyedCredential[];
  readonly notes: readonly string[];
}

/** The field that each type of secret keeps its docker configuration in. */
const fields: ReadonlyMap<string, PullSecretField> = new Map([
  ['kubernetes.io/dockerconfigjson', { field: '.dockerconfigjson', form: 'config' }],
  ['kubernetes.io/dockercfg', { field: '.dockercfg', form: 'legacy' }],
]);

interface PullSecretField {
  readonly field: string;
  readonly form: DockerConfigForm;
}

const excludeAnnotation = 'openshift.io/image.excludeSecret';
const notesMax = 10;

/**
 * Reads every pull secret: those of the two types whether or not anything names them, as upstream's imagestreams/secrets
 * (spec imagestream-system.md 2.7), and those that the service account names whatever their type, as a kubelet would.
 * The service account's go first, in its order, then by name. A broken one is a note: upstream fails the whole import.
 */
export function readPullSecrets({ secrets, pullSecretNames }: NamespaceSecrets): PullSecrets {
  const entries: KeyedCredential[] = [];
  const notes: string[] = [];
  const named = new Set(pullSecretNames);
  for (const { name, secret } of inOrder(secrets, pullSecretNames)) {
    const reading = readSecret(secret, name, named.has(name));
    entries.push(...reading.entries);
    notes.push(...reading.notes);
  }
  const names = new Set(secrets.map(secretName));
  const missing = [...named].filter((name) => !names.has(name));
  notes.push(
    ...missing.map((name) => `the service account default names secret "${name}", which is missing`),
  );
  return { entries, notes: shortened(notes) };
}

function inOrder(
  secrets: readonly RawSecret[],
  pullSecretNames: readonly string[],
): readonly { readonly name: string; readonly secret: RawSecret }[] {
  const ranks = new Map([...pullSecretNames.entries()].map(([rank, name]) => [name, rank]));
  const rank = (name: string): number => ranks.get(name) ?? pullSecretNames.length;
  return secrets
    .map((secret) => ({ name: secretName(secret), secret }))
    .sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

function readSecret(secret: RawSecret, name: string, named: boolean): PullSecrets {
  const annotations = asTextMap(objectAt(secret, 'metadata').annotations);
  if (annotations[excludeAnnotation] === 'true') return { entries: [], notes: [] };
  const label = `secret "${name}"`;
  const typed = fields.get(stringAt(secret, 'type') ?? '');
  const candidates = typed !== undefined ? [typed] : named ? [...fields.values()] : [];
  const place = candidates.find(({ field }) => hasField(secret, field));
  if (place === undefined) {
    const notes = typed === undefined ? [] : [`${label} is skipped: it has no ${typed.field}`];
    return { entries: [], notes };
  }
  const text = textOf(secret, place.field);
  if (text === undefined)
    return { entries: [], notes: [`${label} is skipped: ${place.field} is not text in base64`] };
  const reading = parseDockerConfig(text, place.form, label);
  if (!reading.ok) return { entries: [], notes: [`${label} is skipped: ${place.field} ${reading.problem}`] };
  // Whoever wrote the secret would run programs as this server, and be given what is this server's.
  const helped = reading.helpers === undefined ? [] : ['credential helpers of a secret are not used'];
  const notes = [...helped, ...reading.problems].map((problem) => `${label}: ${problem}`);
  return { entries: reading.entries, notes };
}

function hasField(secret: RawSecret, field: string): boolean {
  return stringAt(secret.data, field) !== undefined || stringAt(secret.stringData, field) !== undefined;
}

/** A file may hold `stringData`, which wins over `data`, as the API server lets it. */
function textOf(secret: RawSecret, field: string): string | undefined {
  return stringAt(secret.stringData, field) ?? decodeBase64(stringAt(secret.data, field) ?? '');
}

export function secretName(secret: RawSecret): string {
  return stringAt(objectAt(secret, 'metadata'), 'name') ?? '';
}

/** Notes end up in conditions and events, which have little room. */
function shortened(notes: readonly string[]): readonly string[] {
  if (notes.length <= notesMax) return notes;
  return [...notes.slice(0, notesMax - 1), `and ${notes.length - notesMax + 1} more notes on secrets`];
}
