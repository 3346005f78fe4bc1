/** How a verb was run: for real, or only to see what it would do. */
export type DryRun = 'none' | 'client' | 'server';

const suffixes: Readonly<Record<DryRun, string>> = {
  none: '',
  client: ' (dry run)',
  server: ' (server dry run)',
};

/**
 * The line that a verb prints for an object, as kubectl's name printer does (spec imagestream-system.md 5):
 *
 *     imagestream.image.openshift.io/web created
 *     deployment.apps/web image lookup updated (dry run)
 */
export function operationLine(object: NamedObject, operation: string, dryRun: DryRun = 'none'): string {
  return `${objectName(object)} ${operation}${suffixes[dryRun]}\n`;
}

export interface NamedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** `KIND.GROUP/NAME` in lower case, as `-o name` prints it; without a group `KIND/NAME`. */
export function objectName({ apiVersion, kind, name }: NamedObject): string {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : `.${apiVersion.slice(0, slash)}`;
  return `${kind.toLowerCase()}${group}/${name}`;
}
