import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { openDirectory, type DirectoryStore } from '../../src/store/directory.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import { createRecordingLog } from '../support/recording-log.ts';

/** A folder, an index and a log for each test, and the store between them once it is opened. */
export interface DirectoryFixture {
  folder: string;
  index: ObjectIndex;
  log: ReturnType<typeof createRecordingLog>;
  open(): Promise<DirectoryStore>;
  /** Ends the store that was opened last. */
  stop(): void;
}

/** Registers what makes it anew before each test of the file and takes it away again. */
export function directoryFixture(): DirectoryFixture {
  let store: DirectoryStore | undefined;
  const fixture: DirectoryFixture = {
    folder: '',
    index: new ObjectIndex(),
    log: createRecordingLog(),
    open: async () => (store = await openDirectory(fixture.folder, fixture.index, fixture.log)),
    stop: () => store?.stop(),
  };
  beforeEach(async () => {
    fixture.folder = await mkdtemp(join(tmpdir(), 'pinstream-directory-'));
    fixture.index = new ObjectIndex();
    fixture.log = createRecordingLog();
  });
  afterEach(async () => {
    fixture.stop();
    store = undefined;
    await rm(fixture.folder, { recursive: true, force: true });
  });
  return fixture;
}
