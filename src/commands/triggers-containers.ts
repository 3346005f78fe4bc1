/** Names that are asked for and that the pod template does not have, as oc refuses them; undefined: it has all. */
export function missingContainers(wanted: readonly string[], present: readonly string[]): string | undefined {
  const missing = wanted.filter((name) => !present.includes(name)).toSorted();
  if (missing.length === 0) return undefined;
  return `not all container names exist: ${missing.join(', ')} (accepts: ${present.toSorted().join(', ')})`;
}

/** Nobody can know which container is meant. */
export function containersNeeded(present: readonly string[]): string {
  return `you must specify --containers when setting --from-image (accepts: ${present.toSorted().join(', ')})`;
}
