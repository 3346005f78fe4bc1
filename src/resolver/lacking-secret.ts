import { shown } from './wording.ts';

/** Leaves room for the image in a line of 120. */
const nameMax = 32;

/**
 * The warning about a Pod that will lack the credential with which its image was found (`label`: `secret "NAME"`, `secret
 * "NAME" of service account ACCOUNT`, or the server's own docker configuration); undefined where it has it, or may well have.
 *
 * A Pod that names secrets does not get those of its service account, which are filled in for one that names none
 * (Kubernetes, admission plugin ServiceAccount).
 */
export function lacksSecret(label: string, podSecretNames: readonly string[]): string | undefined {
  const [, name, account] = /^secret "([^"]*)"(?: of service account (.*))?$/.exec(label) ?? [];
  if (name !== undefined) {
    if (podSecretNames.includes(name)) return undefined;
    const secret = `pulling needs secret "${shown(name, nameMax)}"`;
    if (account === undefined) return `${secret}, which the Pod does not name`;
    return podSecretNames.length === 0 ? undefined : `${secret}; the Pod's own imagePullSecrets come instead`;
  }
  // Secrets that the Pod does name may hold the same credential.
  return podSecretNames.length > 0
    ? undefined
    : 'pulling needs a credential, and the Pod names no pull secret: its node must have one';
}
