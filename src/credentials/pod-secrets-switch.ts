/** Set by manifests/components/pull-secrets, beside the right to read them. */
export const podSecretsSwitch = 'PINSTREAM_POD_PULL_SECRETS';

/** Whether admission reads the pull secrets of Pods. Throws on a value that says neither. */
export function podSecretsSwitchedOn(env: Readonly<Record<string, string | undefined>>): boolean {
  const value = env[podSecretsSwitch] ?? '';
  if (value === 'true') return true;
  if (value === 'false' || value === '') return false;
  throw new Error(`${podSecretsSwitch}: write true or false (absent: false), not ${JSON.stringify(value)}`);
}
