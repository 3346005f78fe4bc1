import type { CredentialChoice } from '../registry/credential.ts';
import type { ImageName } from './keychain.ts';
import type { RegistryConfig } from './registry-config.ts';

/**
 * The server's own credentials for an image. The helper's goes first: where there is one, docker looks at nothing else, and
 * an entry that stands in "auths" as well is older.
 */
export async function serverCredentials(
  config: RegistryConfig | undefined,
  image: ImageName,
  signal: AbortSignal,
): Promise<CredentialChoice> {
  const state = await config?.current();
  if (state === undefined) return none;
  const helped = (await state.helped?.(image.registry, signal)) ?? none;
  return {
    credentials: [...helped.credentials, ...state.keychain.credentialsFor(image)],
    notes: [...state.notes, ...helped.notes],
  };
}

const none: CredentialChoice = { credentials: [], notes: [] };
