import { z } from 'zod';
import { importModes } from '../imagestream/whole-stream.ts';
import { parseDuration } from '../importer/turn.ts';
import { parseAllowedRegistries } from '../policy/import-allow-list.ts';
import { resolvePolicies } from '../policy/image-policy.ts';
import { selectorOperators } from '../policy/label-selector.ts';

/**
 * The configuration file (docs/configuration.md). Every key may be left out; unknown keys are errors. A key whose feature
 * this version does not have is accepted at its default only, so that no setting is ever read and ignored.
 */
const resource = z.strictObject({ group: z.string().default(''), resource: z.string().min(1) });

const valueCondition = z.strictObject({
  key: z.string().min(1),
  set: z.boolean().optional(),
  value: z.string().optional(),
});

const labelSelector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string().min(1),
        operator: z.enum(selectorOperators),
        values: z.array(z.string()).optional(),
      }),
    )
    .optional(),
});

const resolutionRule = z.strictObject({
  policy: z.enum(resolvePolicies).optional(),
  targetResource: resource,
  localNames: z.boolean().optional(),
});

const executionRule = z.strictObject({
  name: z.string().min(1),
  reject: z.boolean().optional(),
  onResources: z.array(resource).optional(),
  ignoreNamespaceOverride: z.boolean().optional(),
  skipOnResolutionFailure: z.boolean().optional(),
  invertMatch: z.boolean().optional(),
  matchIntegratedRegistry: z.boolean().optional(),
  matchRegistries: z.array(z.string()).optional(),
  matchDockerImageLabels: z.array(valueCondition).optional(),
  matchImageLabels: z.array(labelSelector).optional(),
  matchImageAnnotations: z.array(valueCondition).optional(),
});

/** Rules of ImagePolicyConfig that span fields (spec openshift-admission.md 1.1). */
const imagePolicy = z
  .strictObject({
    apiVersion: z.literal('image.openshift.io/v1').optional(),
    kind: z.literal('ImagePolicyConfig').optional(),
    resolveImages: z
      .enum(['', ...resolvePolicies])
      .optional()
      .transform((policy) => (policy === '' ? undefined : policy)),
    resolutionRules: z.array(resolutionRule).optional(),
    executionRules: z.array(executionRule).optional(),
  })
  .check(({ value, issues }) => {
    const seen = new Set<string>();
    value.executionRules?.forEach(({ name, ...rule }, index) => {
      const report = (path: string, message: string) =>
        issues.push({ code: 'custom', input: name, path: ['executionRules', index, path], message });
      if (seen.has(name)) report('name', `the rule name "${name}" is used twice`);
      seen.add(name);
      if (value.resolveImages !== 'DoNotAttempt') return;
      for (const field of ['matchDockerImageLabels', 'matchImageLabels', 'matchImageAnnotations'] as const) {
        if ((rule[field] ?? []).length > 0) {
          report(field, 'needs the image itself, which resolveImages: DoNotAttempt never looks up');
        }
      }
    });
  });

const registryEntry = z
  .string()
  .regex(
    /^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?(?:\/[a-z0-9._/-]+(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?)?$/,
    { error: 'write host[:port][/path[:tag]] or *.domain, without a scheme such as https://' },
  );

/** A registry to look in, in the order of its list: no wildcard. */
const searchEntry = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?(?:\/[a-z0-9._/-]+)?$/, {
    error: 'write host[:port][/path], without a scheme such as https:// and without a wildcard',
  });
const registryPrefix = searchEntry;

const mirrors = z
  .array(
    z.strictObject({
      source: registryEntry,
      mirrors: z.array(registryPrefix).default([]),
      mirrorSourcePolicy: z
        .enum(['AllowContactingSource', 'NeverContactSource'])
        .default('AllowContactingSource'),
    }),
  )
  .default([]);

const hostPort = z.string().regex(/^$|^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?$/, {
  error: 'write host or host:port, without a scheme or a path',
});

/** Globs of hosts; what is wrong with one is said in upstream's words. */
const allowedRegistriesForImport = z
  .array(z.strictObject({ domainName: z.string().min(1), insecure: z.boolean().default(false) }))
  .check(({ value, issues }) => {
    value.forEach((entry, index) => {
      const parsed = parseAllowedRegistries([entry]);
      for (const message of parsed.ok ? [] : parsed.errors) {
        issues.push({ code: 'custom', input: entry.domainName, path: [index, 'domainName'], message });
      }
    });
  })
  .default([]);

function duration(minimumMs: number) {
  return z.string().refine((text) => (parseDuration(text) ?? -1) >= minimumMs, {
    error: `write a duration of at least ${minimumMs / 1000} s, such as 90s, 15m or 1h30m`,
  });
}

/** A value that this version knows by name only. */
function onlyDefault<T extends string | number | boolean>(value: T) {
  return z
    .literal(value, { error: `this version supports only the default, ${JSON.stringify(value)}` })
    .default(value);
}

export const configurationSchema = z.strictObject({
  apiVersion: z.literal('pinstream.dev/v1').optional(),
  kind: z.literal('Configuration').optional(),
  imagePolicy: imagePolicy.prefault({}),
  registrySources: z
    .strictObject({
      allowedRegistries: z.array(registryEntry).default([]),
      blockedRegistries: z.array(registryEntry).default([]),
      insecureRegistries: z.array(registryEntry).default([]),
      containerRuntimeSearchRegistries: z.array(searchEntry).default([]),
    })
    .prefault({}),
  allowedRegistriesForImport,
  internalRegistryHostname: hostPort.default(''),
  lookup: z
    .strictObject({
      exemptNamespaces: z
        .array(z.string().min(1))
        .default(['default', 'kube-system', 'kube-public', 'openshift', 'openshift-infra', 'openshift-node']),
      missingTag: z.enum(['upstream', 'deny']).default('upstream'),
      resolveAt: onlyDefault('workloads'),
      ownedPods: z.boolean().default(false),
      keepTag: onlyDefault(false),
    })
    .prefault({}),
  localRegistry: z.array(z.strictObject({ source: registryPrefix, target: registryPrefix })).default([]),
  imageDigestMirrors: mirrors,
  imageTagMirrors: mirrors,
  fallback: z
    .strictObject({
      mode: z.enum(['pin', 'qualify', 'leave']).default('pin'),
      pinQualified: z.boolean().default(false),
      onFailure: z.enum(['leave', 'deny']).default('leave'),
      timeout: duration(100).default('3s'),
      cache: z
        .strictObject({
          ttl: duration(0).default('60s'),
          negativeTtl: duration(0).default('10s'),
          maxStale: duration(0).default('24h'),
          maxEntries: z.int().min(1).default(10_000),
        })
        .prefault({}),
    })
    .prefault({}),
  import: z
    .strictObject({
      scheduledInterval: duration(1000).default('15m'),
      mode: z.enum(importModes).default('Legacy'),
      platform: z
        .string()
        .regex(/^[a-z0-9]+\/[a-z0-9_]+$/, { error: 'write os/architecture, such as linux/amd64' })
        .default('linux/amd64'),
      perRegistryPerMinute: z.int().min(0).default(60),
      historyLimit: z.int().min(0).default(0),
      maxRepositoryTags: z.int().min(-1).default(50),
    })
    .prefault({}),
  triggers: z
    .strictObject({
      gatherWindow: duration(0).default('1s'),
      onInvalid: z.enum(['deny', 'warn']).default('deny'),
      changeCause: z.boolean().default(false),
    })
    .prefault({}),
});

export type Configuration = z.output<typeof configurationSchema>;
