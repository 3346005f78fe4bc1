import type { ManifestQuery, ManifestSource, RepositoryQuery } from '../importer/manifest-source.ts';
import { digestOf, isVerifiableDigest, verifyDigest } from '../oci/digest.ts';
import type { RegistryAnswer, RegistryFailure } from '../oci/failure.ts';
import type { Manifest } from '../oci/manifest.ts';
import { imageManifestTypes, indexTypes, schema1Types } from '../oci/media-types.ts';
import { essenceOf, readManifest } from '../oci/read-manifest.ts';
import { registryApiHost } from '../reference/docker-defaults.ts';
import { failed, type Failed, type Outcome } from './cause.ts';
import type { Sign } from './circuit.ts';
import { createClient } from './client.ts';
import { OverDeadline, startDeadline } from './deadline.ts';
import { causeOfNonJson, htmlDetail, isHtml, objectOf } from './errors.ts';
import { headerOf } from './headers.ts';
import { createHosts } from './hosts.ts';
import type { Operation } from './operation.ts';
import { defaultTimeouts, type OperationKind, type RegistryOptions } from './options.ts';
import { createSender } from './sender.ts';
import { readTags } from './tags.ts';
import { clean } from './text.ts';
import { basicAuthorization } from './token.ts';
import type { HttpAnswer } from './transport.ts';

/** Registries over HTTP, with the connections, tokens and limits that belong to them. */
export interface RegistrySource extends ManifestSource {
  /** How many HTTP requests were sent so far, those for tokens too. */
  requests(): number;
  /** How many registries are left alone for now, because they failed several times in a row. */
  paused(): number;
  /** Ends every connection; what is under way fails. */
  close(): Promise<void>;
}

interface Work<T> {
  readonly kind: OperationKind;
  readonly query: RepositoryQuery;
  /** What the credentials are looked up for. */
  readonly reference: string;
  run(operation: Operation): Promise<Outcome<T>>;
}

interface FetchedManifest {
  readonly answer: HttpAnswer;
  readonly digest: string;
}

const manifestBytesMax = 4 * 1024 * 1024;
const configBytesMax = 4 * 1024 * 1024;
const manifestAccept = [...imageManifestTypes, ...indexTypes, ...schema1Types].join(', ');

/** Answers the importer's questions by the distribution protocol (OCI distribution spec 1.1; Docker token auth). */
export function createManifestSource(options: RegistryOptions): RegistrySource {
  const { clock, random, credentials } = options;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const hosts = createHosts({ clock, random, perMinute: options.perRegistryPerMinute });
  const sender = createSender(options, timeouts);
  const client = createClient(sender, clock, timeouts.operationMs);

  /** Queue, circuit and time limit around one operation, and its outcome in the terms of the port. */
  const perform = async <T>(work: Work<T>, signal: AbortSignal): Promise<RegistryAnswer<T>> => {
    const { kind, query } = work;
    signal.throwIfAborted();
    const host = hosts.of(registryApiHost(query.registry));
    const closedMs = host.circuit.waitMs();
    if (closedMs > 0) return answerOf(work, leftAlone(closedMs));
    const permit = await host.limiter.acquire({ urgency: query.urgency, counted: kind !== 'config' }, signal);
    if (!permit.ok) {
      const { retryAfterMs, detail } = permit;
      return answerOf(work, failed({ kind: 'rateLimited', retryAfterMs, detail }));
    }
    const passage = host.circuit.enter();
    if (!passage.ok) {
      permit.release('unused');
      return answerOf(work, leftAlone(passage.retryAfterMs));
    }
    const deadline = startDeadline(timeouts.operationMs, signal);
    let sign: Sign = 'unknown';
    let operation: Operation | undefined;
    try {
      const { registry, repository, namespace } = query;
      const image = { registry, repository, reference: work.reference };
      const choice = await credentials.credentialsFor(image, namespace, deadline.signal);
      const secrets = new Set(choice.credentials.flatMap(secretsOf));
      const notes = new Set(choice.notes);
      operation = { kind, query, host, choice, signal: deadline.signal, used: { label: '' }, notes, secrets };
      const outcome = await work.run(operation);
      sign = signOf(outcome);
      return answerOf(work, outcome, operation);
    } catch (error) {
      if (!(error instanceof OverDeadline) || signal.aborted) throw error;
      if (operation !== undefined) sign = 'dead';
      const detail = `no complete answer within ${timeouts.operationMs} ms`;
      return answerOf(work, failed({ kind: 'timeout', detail }), operation);
    } finally {
      deadline.release();
      passage.done(sign);
      permit.release();
    }
  };

  const fetchManifest = async (
    operation: Operation,
    { reference, repository }: ManifestQuery,
  ): Promise<Outcome<FetchedManifest>> => {
    const got = await client.request(operation, {
      method: 'GET',
      target: targetOf(repository, 'manifests', reference),
      accept: manifestAccept,
      bytesMax: manifestBytesMax,
    });
    if (!got.ok) return got;
    const answer = got.value;
    if (isDigestReference(reference)) {
      if (verifyDigest(reference, answer.bytes)) return { ok: true, value: { answer, digest: reference } };
      return isHtml(answer) ? htmlPage : otherBytes(reference, answer.bytes);
    }
    if (isHtml(answer)) return htmlPage;
    const stated = headerOf(answer.headers, 'docker-content-digest');
    // The digest of a schema 1 manifest is of its bytes without the signatures.
    if (!isVerifiableDigest(stated) || isSchema1(answer)) {
      return { ok: true, value: { answer, digest: digestOf(answer.bytes) } };
    }
    return verifyDigest(stated, answer.bytes)
      ? { ok: true, value: { answer, digest: stated } }
      : otherBytes(stated, answer.bytes);
  };

  const findDigest = async (operation: Operation, query: ManifestQuery): Promise<Outcome<string>> => {
    const { reference, repository } = query;
    const head = await client.request(operation, {
      method: 'HEAD',
      target: targetOf(repository, 'manifests', reference),
      accept: manifestAccept,
      bytesMax: 0,
    });
    if (head.ok) {
      const stated = headerOf(head.value.headers, 'docker-content-digest');
      if (isVerifiableDigest(stated)) {
        return isDigestReference(reference) && stated !== reference
          ? failed({ kind: 'integrity', detail: `asked for ${reference}, it says it has ${stated}` })
          : { ok: true, value: stated };
      }
    } else if (!isWorthGet(head)) {
      return head;
    }
    const got = await fetchManifest(operation, query);
    return got.ok ? { ok: true, value: got.value.digest } : got;
  };

  const findManifest = async (operation: Operation, query: ManifestQuery): Promise<Outcome<Manifest>> => {
    const got = await fetchManifest(operation, query);
    if (!got.ok) return got;
    const { answer, digest } = got.value;
    const reading = readManifest(answer.bytes, headerOf(answer.headers, 'content-type'));
    return reading.ok ? { ok: true, value: { ...reading.manifest, digest } } : failed(reading);
  };

  const findConfig = async (
    operation: Operation,
    { repository }: RepositoryQuery,
    digest: string,
  ): Promise<Outcome<object>> => {
    const got = await client.request(operation, {
      method: 'GET',
      target: targetOf(repository, 'blobs', digest),
      accept: 'application/octet-stream, application/json, */*;q=0.5',
      bytesMax: configBytesMax,
    });
    if (!got.ok) return got;
    if (!verifyDigest(digest, got.value.bytes)) {
      return isHtml(got.value) ? htmlPage : otherBytes(digest, got.value.bytes);
    }
    const config = objectOf(got.value.bytes);
    return config === undefined ? failed(causeOfNonJson(got.value)) : { ok: true, value: config };
  };

  return {
    digest: (query, signal) =>
      perform(
        {
          kind: 'digest',
          query,
          reference: query.reference,
          run: (operation) => findDigest(operation, query),
        },
        signal,
      ),
    manifest: (query, signal) =>
      perform(
        {
          kind: 'manifest',
          query,
          reference: query.reference,
          run: (operation) => findManifest(operation, query),
        },
        signal,
      ),
    config: (query, digest, signal) =>
      perform(
        {
          kind: 'config',
          query,
          reference: digest,
          run: (operation) => findConfig(operation, query, digest),
        },
        signal,
      ),
    tags: (query, signal) =>
      perform(
        { kind: 'tags', query, reference: '', run: (operation) => readTags(client, operation) },
        signal,
      ),
    requests: () => sender.requests(),
    paused: () => hosts.paused(),
    close: () => sender.close(),
  };
}

const htmlPage: Failed = failed({ kind: 'notARegistry', detail: htmlDetail });

function leftAlone(retryAfterMs: number): Failed {
  return failed({ kind: 'paused', retryAfterMs: Math.ceil(retryAfterMs), detail: 'nothing was sent' });
}

function otherBytes(digest: string, bytes: Uint8Array): Failed {
  const detail = isVerifiableDigest(digest)
    ? `asked for ${digest}, got ${digestOf(bytes)}`
    : `${digest} is of a kind that cannot be verified`;
  return failed({ kind: 'integrity', detail });
}

/** A HEAD has no body to say why; some registries answer none, or answer 404 to it. */
function isWorthGet({ cause }: Failed): boolean {
  return (
    cause.kind === 'notFound' ||
    cause.kind === 'notARegistry' ||
    (cause.kind === 'serverError' && (cause.status < 500 || cause.status === 501))
  );
}

/** Whether the registry lives. What it says no to, or says wrongly, it says. */
function signOf(outcome: Outcome<unknown>): Sign {
  if (outcome.ok) return 'alive';
  const { kind } = outcome.cause;
  if (kind === 'outOfReach') return 'unknown';
  return kind === 'unreachable' || kind === 'timeout' || kind === 'serverError' ? 'dead' : 'alive';
}

function answerOf<T>({ query }: Work<T>, outcome: Outcome<T>, operation?: Operation): RegistryAnswer<T> {
  const secrets = operation?.secrets ?? [];
  const notes = [...(operation?.notes ?? [])].map((note) => clean(note, secrets));
  if (outcome.ok) {
    const { label = '' } = operation?.used ?? {};
    return { ok: true, value: outcome.value, notes, ...(label !== '' && { credential: label }) };
  }
  const { registry, repository } = query;
  const { cause } = outcome;
  const failure: RegistryFailure = {
    ...(cause.kind === 'outOfReach' ? { kind: 'unreachable' } : cause),
    registry,
    repository,
    detail: clean(cause.detail, secrets),
    ...(outcome.credential !== undefined && { credential: outcome.credential }),
  };
  return { ok: false, failure, notes };
}

/** Every form in which a registry could send back what it was shown. */
function secretsOf(credential: Operation['choice']['credentials'][number]): readonly string[] {
  const { password, identityToken = '' } = credential;
  const plain = [password, identityToken].filter((text) => text !== '');
  const encoded = basicAuthorization(credential).slice('Basic '.length);
  return [...plain, ...plain.map(encodeURIComponent), encoded];
}

/** A tag has no colon. */
function isDigestReference(reference: string): boolean {
  return reference.includes(':');
}

function isSchema1({ headers }: HttpAnswer): boolean {
  const type = essenceOf(headerOf(headers, 'content-type'));
  return (schema1Types as readonly string[]).includes(type);
}

function targetOf(repository: string, what: 'manifests' | 'blobs', reference: string): string {
  const path = repository.split('/').map(encodeURIComponent).join('/');
  // A colon may stand in a path, and not every proxy reads it otherwise.
  return `/v2/${path}/${what}/${encodeURIComponent(reference).replaceAll('%3A', ':')}`;
}
