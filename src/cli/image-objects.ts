import { imageObjects, imageStreams } from '../commands/kinds.ts';
import type { ImageTarget } from '../commands/image-targets.ts';
import type { ObjectKind } from '../commands/object-client.ts';
import { keyOf } from '../commands/stream-object.ts';
import { parseStreamTagName } from '../imagestream/istag.ts';
import { latestEvent } from '../imagestream/pull-spec.ts';
import { readImageStream } from '../imagestream/read.ts';
import type { JsonObject } from '../json/untyped.ts';
import { StatusError } from '../kube/status-error.ts';
import { findStreamImage, streamImageView, streamTagView, streamTagViews } from '../printers/views.ts';
import type { Backend } from './backend.ts';
import { CommandError } from './errors.ts';

const served = { group: 'image.openshift.io', version: 'v1', namespaced: true };
const streamTags: ObjectKind = { ...served, resource: 'imagestreamtags', kind: 'ImageStreamTag' };
const streamImages: ObjectKind = { ...served, resource: 'imagestreamimages', kind: 'ImageStreamImage' };

/**
 * The objects that a target names. On OpenShift its server makes image stream tags and images of streams; elsewhere no API can
 * (spec imagestream-system.md 6.1), so they are made here, of the stream and its Images.
 *
 * @param namespace undefined: all
 * @throws {StatusError} `NotFound` in the server's words
 */
export async function imageObjectsOf(
  { resource, name }: ImageTarget,
  namespace: string | undefined,
  backend: Backend,
): Promise<readonly JsonObject[]> {
  const { objects } = backend;
  if (name === undefined) {
    switch (resource) {
      case 'imagestreams':
        return objects.list(imageStreams, namespace);
      case 'imagestreamtags':
        return listTags(namespace, backend);
      case 'imagestreamimages':
        throw new CommandError(
          'image stream images are not listed, as on OpenShift: name one, STREAM@DIGEST, from describe is',
        );
    }
  }
  if (namespace === undefined)
    throw new CommandError('a resource cannot be retrieved by name across all namespaces');
  switch (resource) {
    case 'imagestreams': {
      const stream = await objects.read(imageStreams, { namespace, name });
      if (stream === undefined) throw notFound('imagestreams', name);
      return [stream];
    }
    case 'imagestreamtags':
      return [await readTag(namespace, name, backend)];
    case 'imagestreamimages':
      return [await readStreamImage(namespace, name, backend)];
  }
}

async function listTags(namespace: string | undefined, backend: Backend): Promise<readonly JsonObject[]> {
  if (backend.kind === 'openshift') return backend.objects.list(streamTags, namespace);
  const streams = await backend.objects.list(imageStreams, namespace);
  const local = await backend.settings();
  return streams.flatMap((stream) => streamTagViews(stream, local));
}

async function readTag(namespace: string, name: string, backend: Backend): Promise<JsonObject> {
  const parsed = parseStreamTagName(name);
  if (!parsed.ok) {
    throw badRequest(`imagestreamtags must be of the form <stream_name>:<tag>, not "${name}"`);
  }
  if (backend.kind === 'openshift') {
    const found = await backend.objects.read(streamTags, { namespace, name });
    if (found === undefined) throw notFound('imagestreamtags', name);
    return found;
  }
  const stream = await backend.objects.read(imageStreams, { namespace, name: parsed.stream });
  const digest = stream === undefined ? '' : (latestEvent(readImageStream(stream), parsed.tag)?.image ?? '');
  if (stream === undefined || digest === '') throw notFound('imagestreamtags', name);
  const image = await readImageObject(digest, backend);
  const view = streamTagView(stream, parsed.tag, image, await backend.settings());
  if (view === undefined) throw notFound('imagestreamtags', name);
  return view;
}

async function readStreamImage(namespace: string, name: string, backend: Backend): Promise<JsonObject> {
  const [streamName = '', id = '', ...more] = name.split('@');
  if (streamName === '' || id === '' || more.length > 0) {
    throw badRequest(`imagestreamimages must be of the form <stream_name>@<id>, not "${name}"`);
  }
  if (backend.kind === 'openshift') {
    const found = await backend.objects.read(streamImages, { namespace, name });
    if (found === undefined) throw notFound('imagestreamimages', name);
    return found;
  }
  const stream = await backend.objects.read(imageStreams, { namespace, name: streamName });
  if (stream === undefined) throw notFound('imagestreamimages', name);
  // The parts of a multi-platform image are found, too, where the image itself is not the one that is meant.
  const indexes = findStreamImage(stream, id).ok ? [] : await indexesOf(stream, backend);
  const found = findStreamImage(stream, id, indexes);
  if (!found.ok)
    throw found.reason === 'NotFound' ? notFound('imagestreamimages', name) : new CommandError(found.message);
  const image = await readImageObject(found.image, backend);
  const view = streamImageView(stream, id, image, indexes);
  if (!view.ok) throw notFound('imagestreamimages', name);
  return view.view;
}

async function indexesOf(stream: JsonObject, backend: Backend): Promise<readonly JsonObject[]> {
  const { status } = readImageStream(stream);
  const digests = new Set(status.tags.flatMap(({ items }) => items.map(({ image }) => image)));
  const images = await Promise.all(
    [...digests].filter((digest) => digest !== '').map((digest) => readImageObject(digest, backend)),
  );
  return images.filter((image) => image !== undefined);
}

/** An Image by its digest; undefined too where it may not be read: what the stream says is shown then. */
async function readImageObject(digest: string, { objects, kind }: Backend): Promise<JsonObject | undefined> {
  const name = kind === 'cluster' ? digest.replace(':', '-') : digest;
  try {
    return await objects.read(imageObjects, { namespace: '', name });
  } catch (error) {
    if (error instanceof StatusError && error.code === 403) return undefined;
    throw error;
  }
}

/** "web" of stream and tag alike: what a label selector is about is the stream's. */
export function streamNameOf(object: JsonObject): string {
  return keyOf(object).name.split(/[:@]/, 1)[0] ?? '';
}

function notFound(resource: string, name: string): StatusError {
  const message = `${resource}.image.openshift.io "${name}" not found`;
  return new StatusError({ code: 404, reason: 'NotFound', message });
}

function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: 'BadRequest', message });
}
