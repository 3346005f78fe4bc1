/** The names that the manifests give to what belongs to us. */
export const names = {
  service: 'pinstream-webhook',
  secret: 'pinstream-webhook-tls',
  configuration: 'pinstream',
};
