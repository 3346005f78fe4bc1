import { isImportable } from '../imagestream/generations.ts';
import { isScheduled } from '../imagestream/schedule.ts';
import type { TagCondition, WholeStream } from '../imagestream/whole-stream.ts';

/** An import that failed the last time, or an image that its registry no longer has. */
export interface FailingImport {
  readonly namespace: string;
  readonly stream: string;
  /** Absent: the whole repository of the stream. */
  readonly tag?: string;
  /** Where it is imported from, as the stream says. */
  readonly from?: string;
  readonly since?: string;
  readonly reason: string;
  readonly message: string;
  /** In words: when it is tried again without anybody's doing. */
  readonly nextTry: string;
}

export interface ScheduledTag {
  readonly namespace: string;
  readonly stream: string;
  readonly tag: string;
  readonly from: string;
}

/** Who imports, as far as it says when a failure is tried again. */
export type Importer = 'cluster' | 'openshift' | 'directory';

export function failingImports(stream: WholeStream, importer: Importer): readonly FailingImport[] {
  const { namespace, name } = stream.metadata;
  const place = { namespace, stream: name };
  const tags = stream.status.tags.flatMap(({ tag, conditions }): readonly FailingImport[] => {
    const spec = stream.spec.tags.find((candidate) => candidate.name === tag);
    // Nobody imports a tag that the spec no longer has, whatever its status still says.
    const isImported = spec !== undefined && isImportable(spec);
    const from = spec?.from?.name;
    return conditions
      .filter(
        ({ type, status }) =>
          status === 'False' && (type === 'ImagePresent' || (type === 'ImportSuccess' && isImported)),
      )
      .map((condition) => ({
        ...place,
        tag,
        ...(from === undefined ? {} : { from }),
        ...failure(condition),
        nextTry:
          condition.type === 'ImagePresent'
            ? 'never'
            : nextTry(importer, spec?.importPolicy.scheduled === true),
      }));
  });
  const repository = stream.status.observed?.repository;
  const whole = (repository?.conditions ?? [])
    .filter(({ status }) => status === 'False' && stream.spec.dockerImageRepository !== '')
    .map((condition) => ({
      ...place,
      from: stream.spec.dockerImageRepository,
      ...failure(condition),
      nextTry: nextTry(importer, false),
    }));
  return [...tags, ...whole];
}

export function scheduledTags(stream: WholeStream): readonly ScheduledTag[] {
  const { namespace, name } = stream.metadata;
  return stream.spec.tags
    .filter((tag) => {
      const history = stream.status.tags.find((candidate) => candidate.tag === tag.name);
      return isScheduled(tag, history?.items[0], tag.generation);
    })
    .map((tag) => ({ namespace, stream: name, tag: tag.name, from: tag.from?.name ?? '' }));
}

function failure({ lastTransitionTime, reason, message }: TagCondition) {
  return { ...(lastTransitionTime === undefined ? {} : { since: lastTransitionTime }), reason, message };
}

/** Ours tries again and again, half an hour apart at most (docs/importing.md); upstream only what is scheduled. */
function nextTry(importer: Importer, isScheduledTag: boolean): string {
  switch (importer) {
    case 'cluster':
      return 'within 30 minutes';
    case 'openshift':
      return isScheduledTag ? 'within 15 minutes' : 'never';
    case 'directory':
      return 'never';
  }
}
