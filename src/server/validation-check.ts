import type { Configuration } from '../config/schema.ts';
import { asList, asObject, stringAt } from '../json/untyped.ts';
import type { KubeClient } from '../kube/client.ts';
import { StatusError } from '../kube/status-error.ts';
import type { Log } from '../telemetry/log.ts';

/** Whether the configuration refuses anything, so that objects must be judged after all mutation, too. */
export function refusesAnything({ registrySources, imagePolicy, lookup }: Configuration): boolean {
  return (
    registrySources.allowedRegistries.length > 0 ||
    registrySources.blockedRegistries.length > 0 ||
    (imagePolicy.executionRules ?? []).length > 0 ||
    imagePolicy.resolveImages?.startsWith('Required') === true ||
    lookup.missingTag === 'deny'
  );
}

/** The webhook that judges workloads; the same configuration holds the one for image streams. */
const webhookName = 'validate.pinstream.dev';

/** Says once when rules are configured but nobody asks us to judge what other webhooks add after us. */
export async function warnWithoutValidation(client: KubeClient, name: string, log: Log): Promise<void> {
  try {
    const path = `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${name}`;
    const { webhooks } = asObject(await client.get(path));
    if (asList(webhooks).some((webhook) => stringAt(webhook, 'name') === webhookName)) return;
  } catch (error) {
    // Whoever may not read it runs outside our manifests and knows better.
    if (!(error instanceof StatusError) || error.code !== 404) return;
  }
  log.warn(
    { validatingWebhookConfiguration: name, webhook: webhookName },
    'rules are configured, but containers that other webhooks add are not judged: apply manifests/overlays/rules',
  );
}
