/** The names that the manifests give to what belongs to us. */
export const names = {
  namespace: 'pinstream-system',
  service: 'pinstream-webhook',
  secret: 'pinstream-webhook-tls',
  configuration: 'pinstream',
  controller: 'pinstream-controller',
  lease: 'pinstream-controller',
};
