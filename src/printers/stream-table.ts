import { asList, asObject, asText } from '../json/untyped.ts';
import { timeAgo, timeOf } from './age.ts';
import { byCodePoint } from './order.ts';
import type { Table } from './table.ts';

/** The tables of `get is`, `get istag` and `get isimage` (spec imagestream-system.md 5.8). */

/** `get is`: raw ImageStreams. */
export function streamTable(streams: readonly unknown[], now: number): Table {
  return {
    columns: [{ name: 'Name' }, { name: 'Image Repository' }, { name: 'Tags' }, { name: 'Updated' }],
    rows: streams.map((stream) => {
      const tags = currentTags(stream);
      const [newest] = tags;
      const updated = timeAgo(newest?.created, now) ?? '';
      const names = tags.map(({ name }) => name);
      return { cells: [nameOf(stream), repositoryOf(stream), tagsCell(names), updated], object: stream };
    }),
  };
}

/** `get istag`: ImageStreamTag objects. */
export function streamTagTable(streamTags: readonly unknown[], now: number): Table {
  return {
    columns: [
      { name: 'Name' },
      { name: 'Image Reference' },
      { name: 'Updated' },
      { name: 'Image Name', wide: true },
    ],
    rows: streamTags.map((object) => {
      const { image } = asObject(object);
      return { cells: [nameOf(object), referenceOf(image), createdOf(object, now), nameOf(image)], object };
    }),
  };
}

/** `get isimage`: ImageStreamImage objects. */
export function streamImageTable(streamImages: readonly unknown[], now: number): Table {
  return {
    columns: [
      { name: 'Name' },
      { name: 'Updated' },
      { name: 'Image Reference', wide: true },
      { name: 'Image Name', wide: true },
    ],
    rows: streamImages.map((object) => {
      const { image } = asObject(object);
      return { cells: [nameOf(object), createdOf(object, now), referenceOf(image), nameOf(image)], object };
    }),
  };
}

interface CurrentTag {
  readonly name: string;
  readonly created: string | undefined;
}

/** The status tags, those that moved last first; those that never had an image come last. */
function currentTags(stream: unknown): CurrentTag[] {
  return asList(asObject(asObject(stream).status).tags)
    .map((list) => {
      const { tag, items } = asObject(list);
      const created = asText(asObject(asList(items)[0]).created);
      return { name: asText(tag), created, at: timeOf(created) ?? Number.NEGATIVE_INFINITY };
    })
    .toSorted((a, b) => (a.at === b.at ? byCodePoint(a.name, b.name) : b.at - a.at));
}

const tagsWidth = 40;

/**
 * As many tags as fit into about 40 characters, commas counted, but at least one; then how many more there are. Where more
 * than a quarter of the width would stay empty, one tag may reach over it by a quarter.
 */
export function tagsCell(tags: readonly string[]): string {
  const margin = tagsWidth / 4;
  let used = 0;
  let shown = 0;
  for (const [index, tag] of tags.entries()) {
    const free = tagsWidth - used;
    used += tag.length + 1;
    const over = used - tagsWidth;
    if (over > 0 && index > 0 && !(free - 1 > margin && over <= margin)) break;
    shown += 1;
    if (over > 0 && index === 0) break;
  }
  const text = tags.slice(0, shown).join(',');
  return shown < tags.length ? `${text} + ${tags.length - shown} more...` : text;
}

/** What others may push to or pull from: the public repository, else the one that is mirrored, else the internal one. */
function repositoryOf(stream: unknown): string {
  const { spec, status } = asObject(stream);
  const { publicDockerImageRepository, dockerImageRepository } = asObject(status);
  const names = [publicDockerImageRepository, asObject(spec).dockerImageRepository, dockerImageRepository];
  return names.map(asText).find((name) => name !== '') ?? '';
}

function createdOf(object: unknown, now: number): string {
  return timeAgo(asText(asObject(asObject(object).metadata).creationTimestamp), now) ?? '<unknown>';
}

function nameOf(object: unknown): string {
  return asText(asObject(asObject(object).metadata).name);
}

function referenceOf(image: unknown): string {
  return asText(asObject(image).dockerImageReference);
}
