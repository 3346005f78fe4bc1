import type { KubeClient } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { isObject, objectAt, stringAt } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import type { Log } from '../telemetry/log.ts';
import type { NamespaceOwner } from './namespace-owner.ts';

/** A webhook configuration whose `caBundle` is ours to keep. */
export interface WebhookConfiguration {
  readonly kind: 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration';
  readonly name: string;
  /** An installation may well be without it: that is no warning. */
  readonly optional?: boolean;
}

/** The collection that configurations of this kind are in. */
export function webhookConfigurations(kind: WebhookConfiguration['kind']): string {
  return `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`;
}

export interface TrustOptions {
  readonly client: KubeClient;
  readonly configurations: readonly WebhookConfiguration[];
  /** Whom they are to go with; nobody unless told. */
  readonly owner?: NamespaceOwner;
  readonly clock: Clock;
  readonly log: Log;
}

/** Whom the API servers trust when they call us. */
export interface WebhookTrust {
  /**
   * Writes `bundle` (PEM) into every webhook of every configuration that has another. Gives since when all have had it,
   * as far as this process has seen; undefined when one could not be read or written. A configuration that does not
   * exist calls nobody and so does not count.
   */
  ensure(bundle: string): Promise<Date | undefined>;
}

export type PatchOperation =
  | { readonly op: 'test'; readonly path: string; readonly value: string }
  | { readonly op: 'add'; readonly path: string; readonly value: string };

/**
 * The JSON patch that gives every webhook of a configuration this bundle; empty when all have it. Webhooks are named by
 * their place in a list, so each change tests the name there: a list that changed meanwhile is not written to.
 */
export function caBundlePatch(configuration: unknown, bundle: string): readonly PatchOperation[] {
  const wanted = Buffer.from(bundle).toString('base64');
  const webhooks =
    isObject(configuration) && Array.isArray(configuration.webhooks) ? configuration.webhooks : [];
  return webhooks.flatMap((webhook: unknown, index): PatchOperation[] => {
    if (stringAt(objectAt(webhook, 'clientConfig'), 'caBundle') === wanted) return [];
    return [
      { op: 'test', path: `/webhooks/${index}/name`, value: stringAt(webhook, 'name') ?? '' },
      { op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: wanted },
    ];
  });
}

type Outcome = 'hadIt' | 'written' | 'missing' | 'failed';

/** Starts without knowledge: what a predecessor has seen does not count. */
export function createWebhookTrust(options: TrustOptions): WebhookTrust {
  const missing = new Set<string>();
  let seen: { readonly bundle: string; readonly since: Date } | undefined;
  return {
    ensure: async (bundle) => {
      const outcomes = await Promise.all(
        options.configurations.map((configuration) => ensureOne(options, configuration, bundle, missing)),
      );
      if (outcomes.includes('failed')) seen = undefined;
      else if (outcomes.includes('written') || seen?.bundle !== bundle)
        seen = { bundle, since: new Date(options.clock.now()) };
      return seen?.since;
    },
  };
}

async function ensureOne(
  { client, owner, log }: TrustOptions,
  { kind, name, optional = false }: WebhookConfiguration,
  bundle: string,
  missing: Set<string>,
): Promise<Outcome> {
  const path = `${webhookConfigurations(kind)}/${name}`;
  try {
    const read = await client.get(path);
    const patch = caBundlePatch(read, bundle);
    missing.delete(path);
    if (patch.length === 0) {
      await owner?.ensure(path, read);
      return 'hadIt';
    }
    const written = await client.patch(path, [...patch], 'json');
    await owner?.ensure(path, written);
    log.info({ kind, name }, 'caBundle written into the webhook configuration');
    return 'written';
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) {
      if (!missing.has(path)) {
        const level = optional ? 'info' : 'warn';
        log[level]({ kind, name }, 'no such webhook configuration, its caBundle is written when it is there');
      }
      missing.add(path);
      return 'missing';
    }
    log.warn(
      { err: error, kind, name },
      'caBundle not written into the webhook configuration, tried again later',
    );
    return 'failed';
  }
}
