import type { ExpiringSource } from '../certs/served-pair.ts';
import type { ObjectIndex } from '../store/object-index.ts';
import { version } from '../version.ts';
import type { ImporterState } from './importer.ts';
import type { Objects } from './objects.ts';
import type { Settings } from './settings.ts';

export interface StateParts {
  readonly settings: Settings;
  readonly unready: () => string | undefined;
  readonly importer: ImporterState;
  /** The webhook's own. */
  readonly store?: {
    readonly index: ObjectIndex;
    readonly objects: Pick<Objects, 'synced' | 'staleSeconds' | 'notes'>;
    readonly certificates: ExpiringSource;
  };
}

/** What a process is doing, for `/debug/state`: no key, no credential, no object of a user. The configuration holds none. */
export function debugState({ settings, unready, importer, store }: StateParts): object {
  const { importing, leader } = importer.report('');
  const waitsFor = new Map<string, number>();
  for (const resource of process.getActiveResourcesInfo()) {
    waitsFor.set(resource, (waitsFor.get(resource) ?? 0) + 1);
  }
  return {
    version,
    node: process.version,
    uptimeSeconds: Math.round(process.uptime()),
    unready: unready() ?? null,
    controllers: { importing, works: importer.works?.() ?? null, leader },
    ...(store !== undefined && storeState(store)),
    memory: process.memoryUsage(),
    activeResources: Object.fromEntries(waitsFor),
    configuration: settings.configuration(),
  };
}

function storeState({ index, objects, certificates }: NonNullable<StateParts['store']>): object {
  const authority = certificates.authorityNotAfter?.();
  return {
    store: {
      objects: index.counts(),
      synced: objects.synced(),
      staleSeconds: objects.staleSeconds(),
      notes: objects.notes(),
    },
    certificates: {
      servingNotAfter: certificates.notAfter().toISOString(),
      ...(authority !== undefined && { authorityNotAfter: authority.toISOString() }),
    },
  };
}
