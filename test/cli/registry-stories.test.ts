import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { digestOf } from '../../src/oci/digest.ts';
import {
  json,
  manifestDigest as first,
  manifestType,
  serveContent,
  startStubRegistry,
  tinyImage,
  type Content,
  type StubRegistry,
} from '../registry/stub-registry.ts';
import { digest } from '../support/objects.ts';
import type { VerbRun } from '../support/verb-run.ts';
import { tellStory, type Story } from './story.ts';

const config = json({ architecture: 'amd64', os: 'linux', config: { Env: ['A=2'] } });
const manifest = json({
  schemaVersion: 2,
  mediaType: manifestType,
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(config),
    size: config.length,
  },
  layers: [],
});
const second = digestOf(manifest);
const newer = { type: manifestType, bytes: manifest };
/** The images 1 and 2, under their tags. */
const both: Content = {
  ...tinyImage,
  'manifests/2': newer,
  [`manifests/${second}`]: newer,
  [`blobs/${digestOf(config)}`]: { type: 'application/octet-stream', bytes: config },
  'tags/list': { type: 'application/json', bytes: json({ name: 'team/app', tags: ['1', '2'] }) },
};
/** The same, and 1 has moved to the newer image. */
const moved: Content = { ...both, 'manifests/1': newer };

let story: Story;
let registry: StubRegistry;
beforeEach(async () => {
  story = await tellStory();
  registry = await startStubRegistry();
  registry.answer(serveContent(both));
});
afterEach(async () => {
  await story.remove();
  await registry.stop();
});

/** Runs a line in which HOST is the registry, and texts say HOST again. */
async function run(line: string): Promise<VerbRun> {
  const { code, out, err } = await story.run(line.replaceAll('HOST', registry.host));
  return { code, out: here(out), err: here(err) };
}
const here = (text: string) => text.replaceAll(registry.host, 'HOST');
const read = async (file = 'web.yaml') => here(await story.read(file));
const images = async () => (await story.files()).filter((file) => file.startsWith('images/'));
const imageFile = (image: string) => `images/${image.replace(':', '-')}.yaml`;

const waiting = 'waiting for the import into web\n';

describe('tag --wait', () => {
  it('imports now', async () => {
    expect(await run('tag --insecure --wait HOST/team/app:1 web:1')).toEqual({
      code: 0,
      out: 'Tag web:1 set to HOST/team/app:1.\n',
      err: waiting,
    });
    const text = await read();
    expect(text).toContain(`dockerImageReference: HOST/team/app@${first}\n          image: ${first}\n`);
    expect(await images()).toEqual([imageFile(first)]);
    expect(await run('get istag web:1 -o jsonpath={.image.dockerImageReference}')).toEqual({
      code: 0,
      out: `HOST/team/app@${first}`,
      err: '',
    });
  });

  it('of a tag that is missing fails, and its condition is in the file', async () => {
    const { code, out, err } = await run('tag --insecure --wait HOST/team/app:9 web:9');
    expect({ code, out }).toEqual({ code: 1, out: 'Tag web:9 set to HOST/team/app:9.\n' });
    expect(err).toMatch(/^waiting for the import into web\nerror: tag 9 failed: .*HOST\/team\/app:9.*\n$/);
    expect(await read()).toMatch(
      /conditions:\n\s+- type: ImportSuccess\n\s+status: "False"\n[^]*reason: NotFound\n/,
    );
    expect(await images()).toEqual([]);
  });
});

describe('import-image', () => {
  it('makes a stream, and shows it and the image', async () => {
    const { code, out, err } = await run('import-image web:1 --from=HOST/team/app:1 --confirm --insecure');
    expect({ code, err }).toEqual({ code: 0, err: waiting });
    expect(out).toContain('imagestream.image.openshift.io/web imported\n\nName:\t\t\tweb\n');
    expect(out).toContain(`\n  * HOST/team/app@${first}\n      AGE ago\n`);
    expect(out).toContain(`Image Name:\tweb:1\nDocker Image:\tHOST/team/app@${first}\nName:\t\t${first}\n`);
  });

  it('finds what is new', async () => {
    await run('tag --insecure --wait HOST/team/app:1 web:1');
    registry.answer(serveContent(moved));
    expect(await run('import-image web:1 -o name')).toEqual({
      code: 0,
      out: 'imagestream.image.openshift.io/web\n',
      err: waiting,
    });
    const text = await read();
    expect(text.indexOf(second)).toBeLessThan(text.indexOf(first));
    expect(await images()).toEqual([imageFile(first), imageFile(second)].sort());
  });

  it('of a whole repository', async () => {
    const { code, out } = await run('import-image web --from=HOST/team/app --all --confirm --insecure');
    expect(code).toBe(0);
    expect(out).toContain(`\n  * HOST/team/app@${first}\n`);
    expect(out).toContain(`\n  * HOST/team/app@${second}\n`);
    expect(await read()).toContain('dockerImageRepository: HOST/team/app\n');
  });

  it('of several, one of them missing', async () => {
    await run('tag --insecure HOST/team/app:1 web:1');
    await run('tag --insecure HOST/team/app:9 web:9');
    const { code, out, err } = await run('import-image web --all');
    expect(code).toBe(1);
    expect(out).toContain('imagestream.image.openshift.io/web imported with errors\n\n');
    expect(err).toMatch(
      /^waiting for the import into web\nerror: tag 9 failed: .*\nerror: imported completed with errors\n$/,
    );
    expect(await read()).toContain(first);
  });

  it('--dry-run asks and writes nothing', async () => {
    const { code, out } = await run(
      'import-image web:1 --from=HOST/team/app:1 --confirm --insecure --dry-run',
    );
    expect(code).toBe(0);
    expect(out).toMatch(
      /^imagestream\.image\.openshift\.io\/web imported \(dry run\)\n\nImage Name:\tweb:1\n/,
    );
    expect(registry.requests.length).toBeGreaterThan(0);
    expect(await story.files()).toEqual([]);
  });

  it.each<[string, string]>([
    ['import-image web', 'no image stream named "web" exists, pass --confirm to create and import'],
    ['import-image web:1 --all', 'cannot specify a tag "web:1" as well as --all'],
    ['import-image', 'you must specify the name of an image stream'],
  ])('%s is refused, and nobody asked', async (line, message) => {
    expect(await run(line)).toEqual({ code: 1, out: '', err: `error: ${message}\n` });
    expect(registry.requests).toEqual([]);
    expect(await story.files()).toEqual([]);
  });
});

describe('rollback', () => {
  const there = (image: string) => `HOST/team/app@${image}`;
  const back = `Tag web:1 rolled back: ${there(second)} → ${there(first)} (of AGE ago)`;
  const note = 'Note: to take the image of its source again: pinstream tag HOST/team/app:1 web:1\n';

  beforeEach(async () => {
    await run('tag --insecure --wait HOST/team/app:1 web:1');
    registry.answer(serveContent(moved));
    await run('import-image web:1');
    registry.forget();
  });

  it('to the one before, which its registry still has', async () => {
    expect(await run('rollback web:1')).toEqual({ code: 0, out: `${back}\n`, err: note });
    expect(registry.lines()).toContain(`HEAD /v2/team/app/manifests/${first}`);
    const text = await read();
    expect(text).toContain(`kind: ImageStreamImage\n        name: web@${first}\n`);
    // History is only added to.
    const [newest = 0, middle = 0, oldest = 0] = [...text.matchAll(/^ {10}image: (\S+)$/gm)].map(
      ({ index }) => index,
    );
    expect(newest < middle && middle < oldest).toBe(true);
    expect(await run('rollback web:1 --to 2')).toMatchObject({ code: 1 });
    expect(await run(`rollback web:1 --to ${second.slice(7, 19)}`)).toMatchObject({ code: 0 });
  });

  it('to one that is gone is refused, but by force', async () => {
    registry.answer(serveContent({ ...moved, [`manifests/${first}`]: undefined }));
    const before = await read();
    expect(await run('rollback web:1')).toEqual({
      code: 1,
      out: '',
      err: `error: ${there(first)} is no longer in its registry, so nothing could pull it; --force rolls back all the same\n`,
    });
    expect(await read()).toBe(before);
    expect(await run('rollback web:1 --force')).toEqual({ code: 0, out: `${back}\n`, err: note });
  });

  it('where the registry does not answer says so', async () => {
    registry.answer((_request, response) => void response.writeHead(403).end());
    expect(await run('rollback web:1')).toEqual({
      code: 0,
      out: `${back}\n`,
      err: `Note: the registry did not say whether it still has ${there(first)}\n${note}`,
    });
  });

  it.each(['', '=client', '=server'])('--dry-run%s asks nobody and writes nothing', async (how) => {
    const before = await read();
    const suffix = how === '=server' ? ' (server dry run)' : ' (dry run)';
    expect(await run(`rollback web:1 --dry-run${how}`)).toEqual({
      code: 0,
      out: `${back}${suffix}\n`,
      err: note,
    });
    expect(await read()).toBe(before);
    expect(registry.requests).toEqual([]);
  });

  it('ends a schedule, aloud, unless that is refused', async () => {
    await run('tag --insecure --scheduled HOST/team/app:1 web:1');
    const before = await read();
    expect(await run('rollback web:1 --keep-schedule')).toEqual({
      code: 1,
      out: '',
      err: 'error: web:1 is imported on schedule, which would move it forward again; without --keep-schedule the schedule ends\n',
    });
    expect(await read()).toBe(before);
    expect(await run('rollback web:1')).toEqual({
      code: 0,
      out: `${back}\n`,
      err: 'Note: web:1 is no longer imported on schedule; to follow its source again: pinstream tag --scheduled HOST/team/app:1 web:1\n',
    });
    expect(await read()).not.toContain('scheduled');
  });

  it('of an alias asks which way', async () => {
    await run('tag --alias web:1 web:also');
    // An alias takes its target's history up from now on.
    await run('rollback web:1 --force');
    expect(await run('rollback web:also --force')).toEqual({
      code: 1,
      out: '',
      err: 'error: web:also follows web:1: --at-target rolls that one back, with all that follow it; --detach cuts web:also loose from it\n',
    });
    const detached = await run('rollback web:also --force --detach');
    expect(detached).toEqual({
      code: 0,
      out: `Tag web:also rolled back: ${there(first)} → ${there(second)} (of AGE ago)\n`,
      err: 'Note: it follows web:1 no longer; to follow it again: pinstream tag --alias web:1 web:also\n',
    });
    await run('tag --alias web:1 web:also');
    const whole = await run('rollback web:also --force --at-target');
    expect(whole.out).toBe(`Tag web:1 rolled back: ${there(first)} → ${there(second)} (of AGE ago)\n`);
    const tags = await run('get istag -o jsonpath={.items[*].image.metadata.name}');
    expect(tags.out).toBe(`${second} ${second}`);
  });

  it.each<[string, string]>([
    ['rollback web:9', 'error: image stream "web" has no tag "9"; it has 1\n'],
    ['rollback nope:1', 'Error from server (NotFound): imagestreams.image.openshift.io "nope" not found\n'],
    [
      `rollback web:1 --to ${digest('f')}`,
      `error: the history of web:1 has no image "${digest('f')}"; describe shows it. An image of another tag: pinstream tag STREAM@DIGEST web:1\n`,
    ],
    ['rollback web', 'error: "web" must be of the form <stream_name>:<tag>\n'],
    [
      'rollback',
      "error: exactly one STREAM:TAG is required, got 0\nSee 'pinstream rollback -h' for help and examples\n",
    ],
  ])('%s is refused', async (line, err) => {
    expect(await run(line)).toEqual({ code: 1, out: '', err });
  });
});

describe('get -w', () => {
  it('prints a tag again when it is moved', async () => {
    await run('tag --insecure --wait HOST/team/app:1 web:1');
    registry.answer(serveContent(moved));
    const child = story.start('get istag web:1 -w --no-headers');
    const gone = new Promise((resolve) => child.once('close', resolve));
    const isPrinted = Promise.withResolvers<undefined>();
    const isMoved = Promise.withResolvers<undefined>();
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes(first)) isPrinted.resolve(undefined);
      if (text.includes(second)) isMoved.resolve(undefined);
    });
    await isPrinted.promise;
    await run('import-image web:1');
    await isMoved.promise;
    child.kill('SIGINT');
    await gone;
    const rows = here(text).trimEnd().split('\n');
    expect(rows.map((row) => row.split(/ {3,}/).slice(0, 2))).toEqual([
      ['web:1', `HOST/team/app@${first}`],
      ['web:1', `HOST/team/app@${second}`],
    ]);
  });
});
