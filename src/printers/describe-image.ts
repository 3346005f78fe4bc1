import { imageNameOf } from '../imagestream/read.ts';
import { asList, asObject, asText, asTextMap, isObject, type JsonObject } from '../json/untyped.ts';
import { timeAgo } from './age.ts';
import { annotationLines, labelled, labelledLines, labelledMap, type Lines } from './labelled-lines.ts';
import { byCodePoint } from './order.ts';
import { humanSize } from './size.ts';
import { alignTabs, describeStyle } from './tabs.ts';

/**
 * An Image as `oc describe istag`, `isimage` and `image` print it (spec imagestream-system.md 5.7). An index has no
 * configuration and layers of its own: its images are listed. Where only a tag event is known of the image, the view of a
 * list (`streamTagView` without an Image) prints what there is.
 *
 * @param image the raw Image, or the `image` of an ImageStreamTag or ImageStreamImage
 * @param now milliseconds
 * @param imageName what stands above all else: by default the image's own name, as `istag` and `isimage` have it; "web:2.1"
 *   where `import-image` shows what it imported; empty: nothing, as `image` has it
 */
export function describeImage(image: unknown, now: number, imageName = nameOf(image)): string {
  const { metadata, dockerImageReference } = asObject(image);
  const { creationTimestamp, labels, annotations } = asObject(metadata);
  const created = timeAgo(asText(creationTimestamp), now);
  const lines = [
    ...(imageName === '' ? [] : labelled('Image Name', imageName)),
    ...labelled('Docker Image', asText(dockerImageReference)),
    ...labelled('Name', nameOf(image)),
    ...(created === undefined ? [] : labelled('Created', created)),
    ...(isEmpty(labels) ? [] : labelledMap('Labels', labels)),
    ...(isEmpty(annotations) ? [] : annotationLines(annotations)),
    ...contentLines(asObject(image), now),
  ];
  return alignTabs(lines, describeStyle);
}

function nameOf(image: unknown): string {
  return imageNameOf(asText(asObject(asObject(image).metadata).name));
}

function contentLines(image: JsonObject, now: number): Lines {
  const manifests = asList(image.dockerImageManifests);
  if (manifests.length > 0) return manifestLines(manifests);
  const { dockerImageMetadata } = image;
  if (!isObject(dockerImageMetadata))
    return labelled('Image Size', '<unknown> (nothing else is known of this image)');
  const { Size, Created, Author, Architecture, Config } = dockerImageMetadata;
  return [
    ...sizeLines(typeof Size === 'number' ? Size : 0, asList(image.dockerImageLayers)),
    ...labelled('Image Created', timeAgo(asText(Created), now) ?? ''),
    ...labelled('Author', asText(Author)),
    ...labelled('Arch', asText(Architecture)),
    ...configLines(asObject(Config)),
  ];
}

/** The images of an index: platform and digest. */
function manifestLines(manifests: readonly unknown[]): Lines {
  return manifests.map((manifest, index) => {
    const { os, architecture, variant, digest } = asObject(manifest);
    const platform = [os, architecture, variant].map(asText).filter((part) => part !== '');
    return [index === 0 ? 'Manifests:' : '', platform.join('/'), asText(digest)];
  });
}

function sizeLines(size: number, layers: readonly unknown[]): Lines {
  // What is known of images whose layers are not: servers of long ago did not tell them.
  if (layers.length === 0) return labelled('Layer Size', humanSize(size));
  return [
    ...labelled('Image Size', `${humanSize(size)} in ${layers.length} layers`),
    ...layers.map((layer, index) => {
      const { size: layerSize, name } = asObject(layer);
      return [
        index === 0 ? 'Layers:' : '',
        humanSize(typeof layerSize === 'number' ? layerSize : 0),
        asText(name),
      ];
    }),
  ];
}

/** What the image's configuration says about running it. */
function configLines(config: JsonObject): Lines {
  const { Entrypoint, Cmd, WorkingDir, User, ExposedPorts, Labels, Env, Volumes } = config;
  const [entrypoint, command] = [texts(Entrypoint).join(' '), texts(Cmd).join(' ')];
  const environment = texts(Env);
  const volumes = keys(Volumes);
  return [
    ...(entrypoint === '' ? [] : labelled('Entrypoint', entrypoint)),
    ...(command === '' && entrypoint !== '' ? [] : labelled('Command', command)),
    ...labelled('Working Dir', asText(WorkingDir)),
    ...labelled('User', asText(User)),
    ...labelled('Exposes Ports', keys(ExposedPorts).join(', ')),
    ...labelledMap('Docker Labels', Labels),
    ...labelledLines(
      'Environment',
      environment.flatMap((variable) => variable.split('\n')),
    ),
    ...labelledLines('Volumes', volumes),
  ];
}

function texts(list: unknown): string[] {
  return asList(list).filter((item) => typeof item === 'string');
}

function keys(map: unknown): string[] {
  return Object.keys(asObject(map)).toSorted(byCodePoint);
}

function isEmpty(map: unknown): boolean {
  return Object.keys(asTextMap(map)).length === 0;
}
