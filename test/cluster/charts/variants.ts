import type { Values } from './helm.ts';

/** A way to install that kustomize and the chart both know: an overlay, or base with components, and the values that say the same. */
export interface Variant {
  readonly title: string;
  /** Folders of manifests/. */
  readonly resources: readonly string[];
  readonly components?: readonly string[];
  readonly values: Values;
}

const everything = ['crd', 'roles', 'base'];

export const variants: readonly Variant[] = [
  { title: 'the default', resources: ['.'], values: {} },
  {
    title: 'the overlay fail-closed',
    resources: ['overlays/fail-closed'],
    values: { webhook: { failurePolicy: 'Fail' } },
  },
  { title: 'the overlay rules', resources: ['overlays/rules'], values: { rules: { enabled: true } } },
  { title: 'the overlay openshift', resources: ['overlays/openshift'], values: { openshift: true } },
  {
    title: 'the overlay registry-cache',
    resources: ['overlays/registry-cache'],
    values: { registryCache: { enabled: true } },
  },
  {
    title: 'the component cert-manager',
    resources: everything,
    components: ['cert-manager'],
    values: { certificates: { mode: 'cert-manager' } },
  },
  {
    title: 'the component pull-secrets',
    resources: everything,
    components: ['pull-secrets'],
    values: { webhook: { podPullSecrets: { enabled: true } } },
  },
  {
    title: 'rules, failing closed, with cert-manager',
    resources: everything,
    components: ['rules', 'fail-closed', 'cert-manager'],
    values: {
      webhook: { failurePolicy: 'Fail' },
      rules: { enabled: true },
      certificates: { mode: 'cert-manager' },
    },
  },
];
