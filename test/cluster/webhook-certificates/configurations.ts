/** A namespace that only these webhooks look at. */
export const namespace = 'rotation';
export const system = 'pinstream-system';
export const serviceName = 'pinstream-webhook';

const rules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }];
const common = {
  rules,
  admissionReviewVersions: ['v1'],
  failurePolicy: 'Fail',
  sideEffects: 'None',
  timeoutSeconds: 10,
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
};

/**
 * A Service that stands for this machine: API servers dial an external name themselves, and verify it under the name
 * of the Service.
 */
export const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: serviceName, namespace: system },
  spec: { type: 'ExternalName', externalName: '127.0.0.1' },
};

/** Calls a webhook on each of these ports, whenever a ConfigMap is made. */
export function mutating(ports: readonly number[]): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'pinstream' },
    webhooks: ports.map((port, index) => ({
      ...common,
      name: `replica-${index}.pinstream.dev`,
      clientConfig: { service: { name: serviceName, namespace: system, port } },
    })),
  };
}

/**
 * A webhook that fails ConfigMaps with this label. API servers see changes of webhook configurations in their order: once this
 * one has come into effect, all that were made before it have.
 */
export function canary(label: string): object {
  const webhook = {
    ...common,
    name: 'canary.pinstream.dev',
    objectSelector: { matchLabels: { canary: label } },
    clientConfig: { url: 'https://127.0.0.1:1/' },
  };
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'canary' },
    webhooks: [webhook],
  };
}
