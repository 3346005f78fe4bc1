/**
 * Who may import whom. One row a folder of `src/`; ESLint reads it (eslint.config.js), so that it stays true without anyone
 * remembering. `folders`: other folders of `src/`; `packages`: npm packages; `io`: may use node: modules that touch the world.
 * A folder without `io` is pure: no clock, no network, no files; it may use node:assert, node:crypto and node:util only.
 *
 * @type {Record<string, { folders?: string[], packages?: string[], io?: boolean }>}
 */
export const layers = {
  // pure: know
  json: {},
  reference: {},
  workload: { folders: ['json'] },
  imagestream: { folders: ['json', 'reference'] },
  oci: { folders: ['json'] },
  policy: { folders: ['reference'] },
  // pure: decide
  resolver: { folders: ['reference', 'imagestream', 'policy'] },
  trigger: { folders: ['json', 'reference', 'imagestream', 'workload'] },
  admission: {
    folders: ['json', 'reference', 'imagestream', 'workload', 'policy', 'resolver', 'trigger'],
  },
  importer: { folders: ['json', 'reference', 'imagestream', 'policy', 'oci'] },
  commands: {
    folders: [
      'json',
      'reference',
      'imagestream',
      'policy',
      'workload',
      'resolver',
      'admission',
      'importer',
      'trigger',
    ],
  },
  manifest: { packages: ['yaml'] },
  printers: { folders: ['json', 'reference', 'imagestream'], packages: ['yaml'] },
  report: {
    folders: ['json', 'reference', 'imagestream', 'policy', 'workload', 'resolver', 'admission', 'manifest'],
    packages: ['fast-json-patch', 'yaml'],
  },
  // adapters
  config: {
    folders: [
      'files',
      'telemetry',
      'reference',
      'imagestream',
      'policy',
      'resolver',
      'admission',
      'importer',
    ],
    packages: ['zod', 'yaml'],
    io: true,
  },
  files: { io: true },
  telemetry: { packages: ['pino', 'prom-client'], io: true },
  certs: { folders: ['json', 'files', 'telemetry', 'kube'], packages: ['node-forge'], io: true },
  registry: {
    folders: ['json', 'reference', 'oci', 'importer'],
    packages: ['undici', 'lru-cache'],
    io: true,
  },
  credentials: {
    folders: ['json', 'telemetry', 'reference', 'registry', 'kube'],
    packages: ['lru-cache'],
    io: true,
  },
  fallback: {
    folders: ['resolver', 'reference', 'importer', 'oci', 'telemetry'],
    packages: ['lru-cache'],
    io: true,
  },
  kube: { folders: ['json', 'telemetry'], packages: ['@kubernetes/client-node', 'undici'], io: true },
  store: {
    folders: [
      'json',
      'files',
      'telemetry',
      'reference',
      'imagestream',
      'policy',
      'resolver',
      'admission',
      'importer',
      'commands',
      'manifest',
      'kube',
    ],
    packages: ['yaml'],
    io: true,
  },
  // front doors
  controllers: {
    folders: ['json', 'telemetry', 'imagestream', 'workload', 'importer', 'trigger', 'kube'],
    io: true,
  },
  cli: {
    folders: [
      'json',
      'telemetry',
      'reference',
      'imagestream',
      'policy',
      'workload',
      'resolver',
      'admission',
      'importer',
      'manifest',
      'commands',
      'printers',
      'report',
      'kube',
    ],
    packages: ['commander'],
    io: true,
  },
  webhook: {
    folders: [
      'json',
      'telemetry',
      'imagestream',
      'workload',
      'manifest',
      'resolver',
      'admission',
      'report',
      'kube',
    ],
    packages: ['express'],
    io: true,
  },
};
