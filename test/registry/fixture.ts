import type { ManifestQuery } from '../../src/importer/manifest-source.ts';
import type { RegistryAnswer, RegistryFailure } from '../../src/oci/failure.ts';
import { createManifestSource, type RegistrySource } from '../../src/registry/manifest-source.ts';
import type { RegistryOptions } from '../../src/registry/options.ts';
import type { Credential } from '../../src/registry/credential.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import type { StubRegistry } from './stub-registry.ts';

const sources: RegistrySource[] = [];

/** A source on a clock that stands still, without credentials and limits unless told; `closeSources` ends it. */
export function createSource(options: Partial<RegistryOptions> = {}): RegistrySource {
  const source = createManifestSource({
    credentials: credentialsOf([]),
    perRegistryPerMinute: () => 0,
    trust: () => Promise.resolve([]),
    clock: createFakeClock(),
    random: () => 0,
    userAgent: 'pinstream/test',
    timeouts: { connectMs: 2000, headersMs: 2000, operationMs: 10_000 },
    ...options,
  });
  sources.push(source);
  return source;
}

export async function closeSources(): Promise<void> {
  await Promise.all(sources.splice(0).map((source) => source.close()));
}

export function credentialsOf(
  credentials: readonly Credential[],
  notes: readonly string[] = [],
): RegistryOptions['credentials'] {
  return { credentialsFor: () => Promise.resolve({ credentials, notes }) };
}

export function credential(name: string, password = `${name}-password`): Credential {
  return { label: `secret "${name}"`, username: name, password };
}

export function queryOf(registry: StubRegistry | string, more: Partial<ManifestQuery> = {}): ManifestQuery {
  return {
    registry: typeof registry === 'string' ? registry : registry.host,
    repository: 'team/app',
    reference: '1',
    insecure: typeof registry !== 'string' && registry.url.startsWith('http:'),
    namespace: 'shop',
    urgency: 'asked',
    ...more,
  };
}

/** The failure; throws where there is none. */
export function failureOf(answer: RegistryAnswer<unknown>): RegistryFailure {
  if (answer.ok) throw new Error(`it did not fail: ${JSON.stringify(answer.value)}`);
  return answer.failure;
}

export const never = new AbortController().signal;
