import type { CredentialChoice } from '../registry/credential.ts';
import type { CredentialHelpers } from './credential-helper.ts';
import { helperFor, type HelperNames } from './helper-names.ts';

/** What the credential helpers of a docker configuration have for a registry. */
export type HelperCredentials = (registry: string, signal: AbortSignal) => Promise<CredentialChoice>;

/** `label` is what the configuration is called. A helper that fails is a note, and one that has nothing for the registry that it is named for. */
export function helperCredentials(
  names: HelperNames,
  helpers: CredentialHelpers,
  label: string,
): HelperCredentials {
  return async (registry, signal) => {
    const question = helperFor(names, registry);
    if (question === undefined) return none;
    const { helper, server, named } = question;
    const answer = await helpers.ask(helper, server, signal);
    switch (answer.kind) {
      case 'none':
        return named
          ? { credentials: [], notes: [`${label}: docker-credential-${helper} has nothing for ${registry}`] }
          : none;
      case 'failed':
        return { credentials: [], notes: [`${label}: ${answer.problem}`] };
      case 'found':
        return {
          credentials: [{ label: `${label} (docker-credential-${helper})`, ...answer.login }],
          notes: [],
        };
    }
  };
}

const none: CredentialChoice = { credentials: [], notes: [] };
