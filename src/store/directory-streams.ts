import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { StreamListener, StreamStore, WriteOutcome } from '../importer/stream-store.ts';
import { objectAt, stringAt } from '../json/untyped.ts';
import { readDocuments } from '../manifest/documents.ts';
import { replaceField, type Edit } from '../manifest/edit.ts';
import { appendDocument, removeObject } from '../manifest/edit-documents.ts';
import type { DirectoryStore } from './directory.ts';
import { readText } from './directory-files.ts';
import { readObjects, type StoredObject } from './directory-objects.ts';
import { pullSecretsIn, type NamespacePullSecrets } from './directory-secrets.ts';
import { createText, deleteFile, readForWriting, replaceText, type WritableFile } from './directory-write.ts';

/** A folder of files as the importer sees it. */
export interface DirectoryStreams extends StreamStore {
  /**
   * Tells of the streams from now on, the present ones first. Own writes are told of, too.
   *
   * @returns ends it
   */
  follow(listener: StreamListener): () => void;
  /** What imports into a namespace may log in with. */
  secretsIn(namespace: string): NamespacePullSecrets;
}

/** Where the Images go that have no file yet, below the folder. */
const imagesFolder = 'images';
/** The digests that can be the name of an object and of a file. */
const imageName = /^(sha256|sha384|sha512):([0-9a-f]+)$/;

/**
 * Reads and writes the streams and Images in a folder's files, in place: comments and all other objects of a file stay as
 * they are. Every write is one step, so that nobody sees half of it, and follows the one before. Of an object in two
 * files the one that is in force is written, never the other. A person who saves the same file at the same time
 * wins: the write is a conflict then.
 */
export function createDirectoryStreams(directory: DirectoryStore): DirectoryStreams {
  const { folder } = directory;
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };

  /** The object in force of that name, and its file as it is now; the outcome when it is not what `raw` is. */
  const openObject = async (kind: 'ImageStream' | 'Image', raw: unknown): Promise<Opened | WriteOutcome> => {
    const metadata = objectAt(raw, 'metadata');
    const name = stringAt(metadata, 'name') ?? '';
    const namespace = kind === 'Image' ? '' : (stringAt(metadata, 'namespace') ?? '');
    await directory.look();
    const known = directory.find(kind, namespace, name);
    const file = known && (await readForWriting(join(folder, known.file)));
    if (!known || !file) return 'gone';
    const object = inText(known, file.text);
    if (object === undefined) return 'gone';
    return isDeepStrictEqual(object.raw, raw) ? { file, object } : 'conflict';
  };

  const write = async ({ file, object }: Opened, edit: Edit): Promise<WriteOutcome> => {
    if (!edit.ok)
      throw new Error(`${file.path}: ${nameOf(object)} cannot be changed in place: ${edit.message}`);
    if (edit.text === file.text) return 'written';
    if (!(await replaceText(file, edit.text))) return 'conflict';
    await directory.reread(object.file);
    return 'written';
  };

  return {
    async read({ namespace, name }, signal) {
      signal.throwIfAborted();
      const known = directory.find('ImageStream', namespace, name);
      const found = known && (await readAgain(folder, known));
      if (found !== undefined) return found.raw;
      // It may be new, or have moved to another file.
      await directory.look();
      signal.throwIfAborted();
      const moved = directory.find('ImageStream', namespace, name);
      return moved && (await readAgain(folder, moved))?.raw;
    },
    writeStatus: (raw, status) =>
      inTurn(async () => {
        const opened = await openObject('ImageStream', raw);
        if (typeof opened === 'string') return opened;
        return write(opened, replaceField(opened.file.text, opened.object.at, 'status', status));
      }),
    addImage: (raw) =>
      inTurn(async () => {
        const [, algorithm, hex] = imageName.exec(raw.metadata.name) ?? [];
        if (algorithm === undefined || hex === undefined) {
          throw new Error(`an Image is named by its digest, not "${raw.metadata.name}"`);
        }
        const fileName = `${algorithm}-${hex}`;
        if (directory.find('Image', '', raw.metadata.name) ?? directory.find('Image', '', fileName)) return;
        const file = `${imagesFolder}/${fileName}.yaml`;
        await createText(join(folder, file), imageText(raw), true);
        await directory.reread(file);
      }),
    async eachStream(visit, signal) {
      await directory.look();
      visitAll(directory, 'ImageStream', visit, signal);
    },
    async eachImage(visit, signal) {
      await directory.look();
      visitAll(directory, 'Image', visit, signal);
    },
    removeImage: (raw) =>
      inTurn(async () => {
        const opened = await openObject('Image', raw);
        if (typeof opened === 'string') return opened;
        const { file, object } = opened;
        const edit = removeObject(file.text, object.at);
        // What is left may be Secrets, or objects of kinds that are of no interest here.
        if (!edit.ok || holdsMore(edit.text)) return write(opened, edit);
        if (!(await deleteFile(file))) return 'conflict';
        await directory.reread(object.file);
        return 'written';
      }),
    follow: (listener) => directory.follow(listener),
    secretsIn: (namespace) => pullSecretsIn(namespace, directory.objects()),
  };
}

interface Opened {
  readonly file: WritableFile;
  readonly object: StoredObject;
}

function nameOf({ kind, namespace, name }: StoredObject): string {
  return namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** The object as its file has it now; undefined when it is no longer there. */
async function readAgain(folder: string, known: StoredObject): Promise<StoredObject | undefined> {
  const text = await readText(join(folder, known.file));
  return text === undefined ? undefined : inText(known, text);
}

/**
 * The object in its file's text. Of two in one file the later one counts.
 *
 * @throws when the text does not parse: what it says now is not known
 */
function inText(known: StoredObject, text: string): StoredObject | undefined {
  const contents = readObjects(known.file, text);
  if (!contents.ok)
    throw new Error(`${contents.problem}; ${nameOf(known)} cannot be read until it is mended`);
  return contents.objects.findLast(
    ({ kind, namespace, name }) =>
      kind === known.kind && namespace === known.namespace && name === known.name,
  );
}

function visitAll(
  directory: DirectoryStore,
  kind: StoredObject['kind'],
  visit: (raw: unknown) => void,
  signal: AbortSignal,
): void {
  for (const object of directory.objects()) {
    signal.throwIfAborted();
    if (object.kind === kind) visit(object.raw);
  }
}

function imageText(raw: object): string {
  const edit = appendDocument('', raw);
  if (!edit.ok) throw new Error(`an Image cannot be written as YAML: ${edit.message}`);
  return edit.text;
}

function holdsMore(text: string): boolean {
  const documents = readDocuments(text);
  return !documents.ok || documents.objects.length > 0;
}
