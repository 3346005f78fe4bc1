import type { ImportFailure } from '../importer/failure-condition.ts';
import type { Outcome } from '../importer/outcome.ts';
import type { ManifestSource } from '../importer/manifest-source.ts';
import type { ImportSettings } from '../importer/settings.ts';
import type { StreamKey, StreamStore } from '../importer/stream-store.ts';
import type { WholeStream } from '../imagestream/whole-stream.ts';
import type { Clock } from '../kube/clock.ts';
import type { Log } from '../telemetry/log.ts';

/** What the import controller stands on. */
export interface ImportPorts {
  readonly store: StreamStore;
  readonly registry: ManifestSource;
  /** Forgets the credentials of a namespace: somebody asks for an import, perhaps because he has just mended a secret. */
  readonly forgetCredentials?: (namespace: string) => void;
  /** The settings of now. */
  readonly settings: () => ImportSettings;
  /** Whether a namespace may take images from a stream of another one. */
  readonly mayCopy: (namespace: string, source: StreamKey, signal: AbortSignal) => Promise<boolean>;
  /** Tells people of it, where they look: Events on the stream. */
  readonly tell: (stream: WholeStream, note: StreamNote) => void;
  /** Counts what looks at tags came to. */
  readonly count: (result: LookResult) => void;
  /** Told how long each piece of work took. */
  readonly worked?: (result: WorkResult, seconds: number) => void;
  readonly log: Log;
  readonly clock: Clock;
  /** Gives [0, 1). */
  readonly random: () => number;
}

export interface StreamNote {
  readonly type: 'Normal' | 'Warning';
  readonly reason:
    'TagMoved' | 'ImportFailed' | 'ImportRecovered' | 'ImportNote' | 'ImageGone' | 'TagsDeleted';
  readonly message: string;
}

export const lookResults = ['imported', 'unchanged', 'recorded', 'copied', 'failed'] as const;
export type LookResult = (typeof lookResults)[number];

/** Whether a piece of work came to its end, whatever registries answered, or is tried again as a whole. */
export const workResults = ['done', 'error'] as const;
export type WorkResult = (typeof workResults)[number];

/** An outcome in a sentence. */
export function noteOf(stream: StreamKey, outcome: Outcome): StreamNote {
  switch (outcome.kind) {
    case 'moved': {
      const { tag, to, from, source, followers } = outcome;
      const also = followers.length === 0 ? '' : `, and with it ${followers.join(', ')}`;
      const before =
        from === undefined ? '' : ` (was ${from.image === '' ? from.dockerImageReference : from.image})`;
      const message = `${stream.name}:${tag} is now ${to.dockerImageReference}${before}, from ${source}${also}`;
      return { type: 'Normal', reason: 'TagMoved', message };
    }
    case 'failed': {
      const message = `${stream.name}:${outcome.tag} could not be imported from ${outcome.source} ${toldOf(outcome.failure)}`;
      return { type: 'Warning', reason: 'ImportFailed', message };
    }
    case 'repositoryFailed': {
      const message = `${stream.name}: the repository ${outcome.source} could not be imported ${toldOf(outcome.failure)}`;
      return { type: 'Warning', reason: 'ImportFailed', message };
    }
    case 'recovered': {
      const message = `${stream.name}:${outcome.tag} can be imported from ${outcome.source} again`;
      return { type: 'Normal', reason: 'ImportRecovered', message };
    }
    case 'gone': {
      const message = `${stream.name}:${outcome.tag} stands for ${outcome.event.dockerImageReference}, which its registry no longer has`;
      return { type: 'Warning', reason: 'ImageGone', message };
    }
    case 'deleted': {
      const message = `deleted with their history: ${outcome.tags.map((tag) => `${stream.name}:${tag}`).join(', ')}`;
      return { type: 'Normal', reason: 'TagsDeleted', message };
    }
  }
}

function toldOf({ reason, message, advice = '' }: ImportFailure): string {
  return `(${reason}): ${message}${advice === '' ? '' : `; ${advice}`}`;
}
