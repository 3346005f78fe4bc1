import { setTimeout as delay } from 'node:timers/promises';
import { Agent } from 'undici';
import { decide } from '../../src/admission/decide.ts';
import type { AdmissionRequest } from '../../src/admission/request.ts';
import { readReview } from '../../src/admission/review.ts';
import type { AdmissionContext } from '../../src/admission/settings.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { admissionSettings } from '../../src/config/settings.ts';
import { createHttpClient } from '../../src/kube/http-client.ts';
import { startClusterStore } from '../../src/store/cluster.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import type { ObjectSink } from '../../src/store/object-sink.ts';
import type { Log } from '../../src/telemetry/log.ts';
import {
  namespaceOf,
  streamName,
  streamsPerNamespace,
  tagName,
  tagsPerStream,
} from '../scene/large-streams.ts';
import { namespace } from '../scene/objects.ts';
import { review } from '../scene/reviews.ts';
import type { AskedTags, Follower } from './follower.ts';

const imagesPerPod = 3;
/** So many different Pods ask in turn: enough that what one has asked for is not at hand for the next. */
const podsMax: Readonly<Record<AskedTags, number>> = { recent: 1000, any: 6000 };
const pollMs = 1;

/** Pinstream's own client, reflector and index. */
export function pinstreamFollower(server: string, streams: number): Follower {
  const index = new ObjectIndex();
  const { sink, afterPuts } = counting(index);
  const dispatcher = new Agent();
  const client = createHttpClient({
    server,
    credentials: () => Promise.resolve({ headers: {}, dispatcher }),
    userAgent: 'bench',
  });
  const requests = { recent: requestsOf(podsMax.recent, streams), any: requestsOf(podsMax.any, streams) };
  const settings = admissionSettings(parseConfiguration('', '(built-in)'));
  const context: AdmissionContext = { settings, images: index, namespaces: index };
  let decisions = 0;
  return {
    async sync() {
      const store = startClusterStore({ client, sink, log: failing });
      while (!store.synced()) await delay(pollMs);
    },
    changes: afterPuts,
    decide(tags) {
      const asked = requests[tags];
      const request = asked[(decisions += 1) % asked.length];
      if (request === undefined) throw new Error('no stream, no decision');
      const decision = decide(request, 'mutate', context);
      if (decision.patch.length === 0) throw new Error(`${request.namespace}: nothing was resolved`);
      return decision;
    },
  };
}

/** The index, and a word when so many further streams were put into it. */
function counting(index: ObjectIndex): {
  readonly sink: ObjectSink;
  readonly afterPuts: (count: number) => Promise<void>;
} {
  let missing = 0;
  let reached = (): void => undefined;
  const sink: ObjectSink = {
    put(kind, raw) {
      index.put(kind, raw);
      missing -= 1;
      if (missing === 0) reached();
    },
    remove: (kind, ofNamespace, name) => index.remove(kind, ofNamespace, name),
    replaceAll: (kind) => index.replaceAll(kind),
  };
  return {
    sink,
    afterPuts: (count) =>
      new Promise((resolve) => {
        missing = count;
        reached = resolve;
      }),
  };
}

/** Pods that have no image in common, for as many tags as there are; far apart, where there are more streams than they ask for. */
function requestsOf(podsMost: number, streams: number): readonly AdmissionRequest[] {
  const groups = Math.max(1, Math.floor(streams / imagesPerPod));
  const pods = Math.min(podsMost, groups * tagsPerStream);
  const step = Math.max(1, groups / pods);
  return Array.from({ length: pods }, (_, pod) => {
    const group = Math.floor(pod * step);
    return requestOf((group % groups) * imagesPerPod, pod + Math.floor(group / groups), streams);
  });
}

/** A Pod with images of this stream and the next ones of its namespace. */
function requestOf(first: number, tag: number, streams: number): AdmissionRequest {
  const start = Math.floor(first / streamsPerNamespace) * streamsPerNamespace;
  const inNamespace = Math.min(streamsPerNamespace, streams - start);
  const image = (at: number): string => {
    const stream = start + ((first - start + at) % inNamespace);
    return `${streamName(stream)}:${tagName(tag % tagsPerStream)}`;
  };
  const text = Array.from({ length: imagesPerPod }, (_, at) => at).reduce(
    (json, at) => json.replaceAll(`"app-${at}:2.1"`, JSON.stringify(image(at))),
    JSON.stringify(review('Pod', 'hit', imagesPerPod)).replaceAll(
      `"${namespace}"`,
      `"${namespaceOf(first)}"`,
    ),
  );
  const read = readReview(JSON.parse(text));
  if (!read.ok) throw new Error(read.message);
  return read.request;
}

/** What goes wrong ends the bench. */
const failing: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: fail,
  error: fail,
};

function fail(fields: object, message: string): void {
  throw new Error(`${message}: ${JSON.stringify(fields)}`);
}
