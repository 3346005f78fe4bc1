/**
 * Who may import whom. One row a folder of `src/`; ESLint reads it (eslint.config.js), so that it stays true without anyone
 * remembering. `folders`: other folders of `src/`; `packages`: npm packages; `io`: may use node: modules that touch the world.
 * A folder without `io` is pure: no clock, no network, no files; it may use node:assert, node:crypto and node:util only.
 *
 * @type {Record<string, { folders?: string[], packages?: string[], io?: boolean }>}
 */
export const layers = {
  // pure: know
  reference: {},
  workload: {},
  imagestream: { folders: ['reference'] },
  policy: { folders: ['reference'] },
  // pure: decide
  resolver: { folders: ['reference', 'imagestream', 'policy'] },
  admission: { folders: ['reference', 'workload', 'policy', 'resolver'] },
  report: { folders: ['admission', 'resolver'], packages: ['fast-json-patch', 'yaml'] },
  // adapters
  config: { folders: ['policy', 'admission', 'resolver'], packages: ['zod', 'yaml'], io: true },
  telemetry: { packages: ['pino', 'prom-client'], io: true },
  certs: { folders: ['telemetry', 'kube'], packages: ['node-forge'], io: true },
  kube: { folders: ['telemetry'], packages: ['@kubernetes/client-node', 'undici'], io: true },
  store: {
    folders: ['telemetry', 'reference', 'imagestream', 'resolver', 'admission', 'kube'],
    packages: ['yaml'],
    io: true,
  },
  // front doors
  webhook: {
    folders: ['telemetry', 'workload', 'policy', 'resolver', 'admission', 'report', 'kube'],
    packages: ['express', 'yaml'],
    io: true,
  },
};
