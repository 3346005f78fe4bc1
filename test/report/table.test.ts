import { describe, expect, test } from '@jest/globals';
import type { DryRunResult, ImageResult, ObjectResult } from '../../src/report/dry-run.ts';
import { dryRunTable } from '../../src/report/table.ts';
import { pinned } from '../support/objects.ts';

function result(objects: readonly ObjectResult[], notes?: readonly string[]): DryRunResult {
  const allowed = objects.every((object) => object.allowed);
  return { apiVersion: 'pinstream.dev/v1', kind: 'DryRunResult', allowed, objects, ...(notes && { notes }) };
}

function deployment(images: readonly ImageResult[], more: Partial<ObjectResult> = {}): ObjectResult {
  const head = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'myproject', name: 'web' };
  return { ...head, allowed: true, images, patch: [], warnings: [], ...more };
}

const common = { path: '/spec/…', message: '…' };
const web: ImageResult = {
  ...common,
  container: 'web',
  from: 'keycloak:20.0',
  to: pinned('keycloak', '1'),
  outcome: 'rewritten',
  reason: 'ImageStreamTag',
  source: { kind: 'ImageStreamTag', namespace: 'myproject', name: 'keycloak:20.0', generation: 2 },
};
const sidecar: ImageResult = {
  ...common,
  container: 'log-shipper',
  from: 'nginx:1.27',
  to: 'nginx:1.27',
  outcome: 'unchanged',
  reason: 'NoStream',
};
const php: ImageResult = {
  ...common,
  container: 'php',
  from: 'registry.internal.example:5000/openshift/php',
  to: pinned('php', '2'),
  outcome: 'rewritten',
  reason: 'InternalRegistry',
  source: { kind: 'ImageStreamTag', namespace: 'openshift', name: 'php:latest', generation: 4 },
};

describe('the table that a terminal shows', () => {
  test('what an image becomes stands under it; eighty columns are enough', () => {
    const text = dryRunTable(result([deployment([web, sidecar])]));
    expect(text).toBe(
      `
Deployment web in myproject: allowed, 1 of 2 images rewritten
  CONTAINER     REASON           IMAGE
  web           ImageStreamTag   keycloak:20.0 (generation 2)
                                 → quay.example.com/acme/keycloak@sha256:111111111111…
  log-shipper   NoStream         nginx:1.27 (unchanged)
`.trimStart(),
    );
  });

  test('a stream tag that the name does not tell is named', () => {
    expect(dryRunTable(result([deployment([php])]))).toBe(
      `
Deployment web in myproject: allowed, 1 of 1 image rewritten
  CONTAINER   REASON             IMAGE
  php         InternalRegistry   registry.internal.example:5000/openshift/php (openshift/php:latest, generation 4)
                                 → quay.example.com/acme/php@sha256:222222222222…
`.trimStart(),
    );
  });

  test('a denial and warnings stand below, objects apart, notes at the end', () => {
    const denied: ImageResult = { ...sidecar, outcome: 'denied', reason: 'RegistryBlocked' };
    const objects = [
      deployment([denied], { allowed: false, message: 'container "log-shipper", image "nginx:1.27": …' }),
      deployment([sidecar], { namespace: '', name: '', warnings: ['first', 'second'] }),
      deployment([], { kind: 'ConfigMap' }),
    ];
    expect(dryRunTable(result(objects, ['streams.yaml:3:1: broken']))).toBe(
      `
Deployment web in myproject: DENIED
  CONTAINER     REASON            IMAGE
  log-shipper   RegistryBlocked   nginx:1.27 (denied)
  denied: container "log-shipper", image "nginx:1.27": …

Deployment (no name): allowed, 0 of 1 image rewritten
  CONTAINER     REASON     IMAGE
  log-shipper   NoStream   nginx:1.27 (unchanged)
  warning: first
  warning: second

ConfigMap web in myproject: allowed, no images to resolve

note: streams.yaml:3:1: broken
`.trimStart(),
    );
  });

  test('nothing asked, nothing to show', () => {
    expect(dryRunTable(result([]))).toBe('No objects in the input.\n');
  });
});
