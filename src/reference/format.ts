import { isDigest } from './digest.ts';
import type { ImageReference } from './reference.ts';

/**
 * The reference as text, nothing added: a digest wins over a tag, an id that is no digest is joined with a colon, and
 * without a name the result is empty (upstream's `Exact`, spec openshift-admission.md 2.1).
 */
export function formatReference(reference: ImageReference): string {
  if (reference.name === '') return '';
  return formatRepository(reference) + suffix(reference);
}

/** Registry, namespace and name as text, without tag or digest. */
export function formatRepository({ registry, namespace, name }: ImageReference): string {
  const path = repositoryPath({ namespace, name });
  return registry === '' || path === '' ? registry + path : `${registry}/${path}`;
}

/** The path inside the registry: namespace and name. */
export function repositoryPath({ namespace, name }: Pick<ImageReference, 'namespace' | 'name'>): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

function suffix({ tag, id }: ImageReference): string {
  if (id !== '') return isDigest(id) ? `@${id}` : `:${id}`;
  return tag === '' ? '' : `:${tag}`;
}
