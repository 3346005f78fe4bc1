import type { KubeClient } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { CertificatePair } from './certificate-source.ts';
import { inspect } from './inspect.ts';
import { bundleOf, carryOut, recall, rotationState, type Change, type Material } from './material.ts';
import { createNamespaceOwner } from './namespace-owner.ts';
import { planRotation, type Plan } from './rotation.ts';
import { tlsSecret, type StoredMaterial } from './tls-secret.ts';
import { createWebhookTrust, type WebhookConfiguration } from './webhook-trust.ts';

export interface KeeperOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** The Secret that the replicas share; made when it does not exist. */
  readonly secretName: string;
  /** The Service by which API servers call us: its names are the certificate's. */
  readonly serviceName: string;
  readonly webhookConfigurations: readonly WebhookConfiguration[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps the shared Secret and the webhook configurations in order, together with the keepers of the other replicas. */
export interface Keeper {
  /**
   * One pass: takes whatever steps of the rotation can be taken now, whoever of the replicas is first, writes the
   * `caBundle` where it differs, and gives the pair to serve. Throws what the API answers when the Secret cannot be read or written.
   */
  pass(): Promise<CertificatePair>;
  /** When the authority that signs expires; undefined before the first pass. */
  authorityNotAfter(): Date | undefined;
}

/** Steps of one rotation and lost races in one pass; more means that somebody else keeps writing to the Secret. */
const roundsMax = 10;

/** Does nothing until its first pass. */
export function createKeeper(options: KeeperOptions): Keeper {
  const { client, namespace, secretName, serviceName, clock, log } = options;
  const secret = tlsSecret(client, namespace, secretName);
  const owner = createNamespaceOwner(options);
  const trust = createWebhookTrust({ ...options, configurations: options.webhookConfigurations, owner });
  const naming = { authorityName: `${serviceName}-ca`, dnsNames: dnsNamesOf(serviceName, namespace) };
  let known: Material | undefined;
  let authorityNotAfter: Date | undefined;

  const planFor = (material: Material, trustedSince?: Date): Plan =>
    planRotation(rotationState(material, naming.dnsNames, trustedSince), new Date(clock.now()));

  /** What is stored or, when that cannot be served, what this replica still has. */
  function best({ material }: StoredMaterial): Material {
    return known !== undefined && planFor(material).kind === 'startOver' ? recall(material, known) : material;
  }

  async function decide(material: Material): Promise<Plan> {
    const plan = planFor(material);
    // Whom to trust changes first then, so there is no use in telling API servers about the state before.
    if (plan.kind === 'startOver' || plan.kind === 'addAuthority') return plan;
    return planFor(material, await trust.ensure(bundleOf(material)));
  }

  async function change(stored: StoredMaterial, material: Material, step: Change): Promise<void> {
    const next = await carryOut(step, material, naming, new Date(clock.now()));
    const outcome = await secret.write(stored, next);
    log.info(
      { secret: secretName, step: step.kind, ...reasonOf(step), outcome },
      'webhook certificates: a step of the rotation',
    );
  }

  return {
    authorityNotAfter: () => authorityNotAfter,
    pass: async () => {
      for (let round = 1; round <= roundsMax; round += 1) {
        const stored = await secret.read();
        const material = best(stored);
        const plan = await decide(material);
        if (plan.kind !== 'keep' && plan.kind !== 'wait') {
          await change(stored, material, plan);
        } else if (material.serving !== undefined) {
          known = material;
          authorityNotAfter = material.signer && inspect(material.signer.cert).notAfter;
          return material.serving;
        }
      }
      throw new Error(
        `Secret ${namespace}/${secretName}: still changing after ${roundsMax} rounds. Something else writes to it; ` +
          `let only this service manage it, or give certificates by --tls-cert-file.`,
      );
    },
  };
}

/** The names by which a Service is called from inside a cluster; API servers use the first. */
function dnsNamesOf(service: string, namespace: string): readonly string[] {
  const qualified = `${service}.${namespace}`;
  return [`${qualified}.svc`, qualified, `${qualified}.svc.cluster.local`];
}

function reasonOf(step: Change): { readonly reason?: string } {
  return step.kind === 'dropAuthorities' ? {} : { reason: step.reason };
}
