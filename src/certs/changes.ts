import { createBackoff } from '../kube/backoff.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { objectAt, stringAt } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import { watchOnce } from '../kube/watch-once.ts';
import type { Log } from '../telemetry/log.ts';
import { webhookConfigurations, type WebhookConfiguration } from './webhook-trust.ts';

export interface ChangesOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly secretName: string;
  readonly webhookConfigurations: readonly WebhookConfiguration[];
  readonly clock: Clock;
  /** Gives [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Called soon after one of the objects was made, changed or deleted, whoever did it; also once for each at the start. */
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

/** First soon, so that a wrong `caBundle` hardly lets an object through unseen; then later and later, up to a minute. */
const pace = { initialMs: 400, maxMs: 60_000, resetMs: 120_000 };
/** How often it is tried again when the right is missing. */
const forbiddenRetryMs = 5 * 60_000;

/**
 * Hears of changes to the shared Secret and to our webhook configurations, so that what somebody deletes or edits is put
 * right at once and not a minute later. Only a hint: where it is missing, the next pass sees the same. Events that do not
 * end, because somebody writes back what we write, are passed on at a falling rate.
 */
export function watchChanges(options: ChangesOptions): void {
  const { namespace, secretName } = options;
  const changed = paced(options);
  const follow = (collection: string, name: string): void =>
    void followOne(options, collection, name, changed);
  follow(`/api/v1/namespaces/${namespace}/secrets`, secretName);
  for (const { kind, name } of options.webhookConfigurations) follow(webhookConfigurations(kind), name);
}

/** Many events before a call are one. */
function paced({ clock, random, signal, onChange }: ChangesOptions): () => void {
  const pause = createBackoff(clock, random, pace);
  let due = false;
  const call = async (): Promise<void> => {
    await clock.sleep(pause.next(), signal);
    due = false;
    if (!signal.aborted) onChange();
  };
  return () => {
    if (due) return;
    due = true;
    void call();
  };
}

async function followOne(
  { client, clock, random, log, signal }: ChangesOptions,
  collection: string,
  name: string,
  changed: () => void,
): Promise<void> {
  const backoff = createBackoff(clock, random);
  const path = `${collection}?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  let seen: string | undefined;
  let told = false;
  const stopped = (): boolean => signal.aborted;
  while (!stopped()) {
    try {
      // Without a position a watch begins with the object as it is: nothing is missed between two watches. Of the Secret
      // nothing but its metadata comes here.
      await watchOnce({ client, path, from: '', clock, random, signal, view: 'metadata', onEvent });
    } catch (error) {
      if (stopped()) return;
      await clock.sleep(afterFailure(error), signal);
    }
  }

  function onEvent({ type, object }: { readonly type: string; readonly object: unknown }): void {
    if (type === 'BOOKMARK') return;
    const version = stringAt(objectAt(object, 'metadata'), 'resourceVersion');
    if (type !== 'DELETED' && version !== undefined && version === seen) return;
    seen = version;
    changed();
  }

  function afterFailure(error: unknown): number {
    if (!(error instanceof StatusError && error.code === 403)) return backoff.next();
    if (!told) {
      log.warn(
        { err: error, name },
        'no right to watch this for changes: it is looked at once a minute. The ClusterRole and the Role pinstream-webhook grant it',
      );
    }
    told = true;
    return forbiddenRetryMs;
  }
}
