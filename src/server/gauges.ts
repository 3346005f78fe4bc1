import type { ExpiringSource } from '../certs/served-pair.ts';
import { systemClock } from '../kube/clock.ts';
import type { ObjectIndex } from '../store/object-index.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { version } from '../version.ts';
import type { Objects } from './objects.ts';

/** The numbers of any process of this program. */
export function watchProcess(metrics: Metrics, unready: () => string | undefined): void {
  metrics.info('pinstream_build_info', 'The version that runs.', { version });
  metrics.gauge('pinstream_ready', 'Whether /readyz says that requests may be sent here.', () =>
    unready() === undefined ? 1 : 0,
  );
  metrics.gauge(
    'pinstream_memory_limit_bytes',
    'Memory that this process may use at most, as its container is limited; 0: no limit is known.',
    memoryLimit,
  );
}

/** The numbers of what decisions are made from. */
export function watchStore(metrics: Metrics, index: ObjectIndex, objects: Objects): void {
  metrics.gauges('pinstream_store_objects', 'Objects held in memory, by kind.', () => index.counts());
  metrics.gauge(
    'pinstream_store_stale_seconds',
    'Age of the last contact with the API server.',
    objects.staleSeconds,
  );
}

/** When certificates expire. The authority is told of only where this program made it. */
export function watchCertificates(metrics: Metrics, certificates: ExpiringSource): void {
  metrics.gauges(
    'pinstream_certificate_expiry_timestamp_seconds',
    'When a certificate expires: the one that is served, and the authority of our own that signed it.',
    () => {
      const authority = certificates.authorityNotAfter?.();
      return {
        serving: seconds(certificates.notAfter()),
        ...(authority === undefined ? {} : { authority: seconds(authority) }),
      };
    },
  );
}

/** The numbers of a configuration that is read again when it changes; gives what is told of each time. */
export function watchReloads(metrics: Metrics): (isUsable: boolean) => void {
  const reloads = metrics.counter(
    'pinstream_config_reloads_total',
    'New versions of the configuration file, by whether they could be used.',
    { result: ['ok', 'failed'] },
  );
  let succeeded = true;
  let succeededMs = systemClock.now();
  metrics.gauge(
    'pinstream_config_last_reload_successful',
    'Whether the configuration file, as it is now, is the one in force.',
    () => (succeeded ? 1 : 0),
  );
  metrics.gauge(
    'pinstream_config_last_reload_success_timestamp_seconds',
    'When the configuration in force was read.',
    () => succeededMs / 1000,
  );
  return (isUsable) => {
    reloads({ result: isUsable ? 'ok' : 'failed' });
    succeeded = isUsable;
    if (isUsable) succeededMs = systemClock.now();
  };
}

/** Without a limit Linux gives a number that no machine has. */
function memoryLimit(): number {
  const limit = process.constrainedMemory();
  return limit > Number.MAX_SAFE_INTEGER ? 0 : limit;
}

function seconds(time: Date): number {
  return time.getTime() / 1000;
}
