import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { closedStream, openStream, pinned } from '../support/objects.ts';
import { makeFolder, type RunOptions, type TestFolder } from './folder-run.ts';

let folder: TestFolder;
beforeEach(async () => {
  folder = await makeFolder({
    'streams/app.json': openStream('shop', 'app', ['v1', 'v2']),
    'streams/closed.json': closedStream('shop', 'closed', ['v1']),
    'config.yaml': 'registrySources: {blockedRegistries: [evil.example]}\n',
  });
});
afterEach(() => folder.remove());

const resolve = (words: string, options?: RunOptions) =>
  folder.run(
    ['resolve', '--objects', 'DIR/streams', '--config', 'DIR/config.yaml', ...words.split(' ')],
    options,
  );

const v1 = pinned('app', '1');
const v2 = pinned('app', '2');
const pod = (image: string, name = 'web') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  containers:\n    - name: c\n      image: ${image}\n`;

describe('the text with its images resolved', () => {
  test.each<[string, string, string]>([
    ['a plain image', pod('app:v1'), pod(v1)],
    ['comments and quotes', pod(`'app:v1'   # keep me`), pod(`'${v1}'   # keep me`)],
    ['line ends of Windows', pod('app:v1').replaceAll('\n', '\r\n'), pod(v1).replaceAll('\n', '\r\n')],
    ['no line end at the end', pod('app:v1').trimEnd(), pod(v1).trimEnd()],
    [
      'many documents, with what is no workload between them',
      `# top\n---\n# Source: a.yaml\n${pod('app:v1')}---\n# nothing here\n---\nkind: ConfigMap\napiVersion: v1\ndata:\n  x: |\n    image: app:v1\n---\n${pod('app:v2')}`,
      `# top\n---\n# Source: a.yaml\n${pod(v1)}---\n# nothing here\n---\nkind: ConfigMap\napiVersion: v1\ndata:\n  x: |\n    image: app:v1\n---\n${pod(v2)}`,
    ],
    [
      'a List of JSON',
      `{"kind": "List", "apiVersion": "v1", "items": [{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"image":"app:v1"}]}}]}`,
      `{"kind": "List", "apiVersion": "v1", "items": [{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"image":"${v1}"}]}}]}`,
    ],
    [
      'init containers and image volumes of a CronJob',
      `apiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          initContainers: [{name: i, image: app:v1}]\n          containers: [{name: c, image: busybox}]\n          volumes: [{name: v, image: {reference: app:v2}}]\n`,
      `apiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          initContainers: [{name: i, image: ${flow(v1)}}]\n          containers: [{name: c, image: busybox}]\n          volumes: [{name: v, image: {reference: ${flow(v2)}}}]\n`,
    ],
    [
      'the object of an AdmissionReview',
      review(`{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"name":"c","image":"app:v2"}]}}`),
      review(`{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"name":"c","image":"${v2}"}]}}`),
    ],
    ['nothing to resolve', pod('quay.io/a/b:1'), pod('quay.io/a/b:1')],
  ])('%s', async (_what, before, after) => {
    expect(await resolve('-n shop -f -', { stdin: before })).toEqual({ code: 0, out: after, err: '' });
  });

  test('the reference of a build changes as a whole, where the policy rewrites it', async () => {
    await folder.write({
      'config.yaml': `imagePolicy:\n  resolutionRules: [{targetResource: {resource: builds, group: build.openshift.io}, policy: AttemptRewrite}]\n`,
    });
    const build = (from: string) =>
      `apiVersion: build.openshift.io/v1\nkind: Build\nspec:\n  strategy:\n    # the builder\n    sourceStrategy:\n      from: ${from}\n`;
    const stdin = build('{kind: ImageStreamTag, name: "app:v1", namespace: shop} # by its tag');
    const { out, err } = await resolve('-n other -f -', { stdin });
    expect({ out, err }).toEqual({ out: build(`{kind: DockerImage, name: "${v1}"} # by its tag`), err: '' });
  });

  test('an object keeps the namespace that it names; -n is for the others', async () => {
    const other = pod('app:v1').replace('{name: web}', '{name: web, namespace: elsewhere}');
    const { out } = await resolve('-n shop -f -', { stdin: `${other}---\n${pod('app:v1')}` });
    expect(out).toBe(`${other}---\n${pod(v1)}`);
  });

  test('files come one after another, a folder in the order of its names', async () => {
    await folder.write({
      'a/2.yaml': pod('app:v2', 'b'),
      'a/1.yaml': pod('app:v1', 'a'),
      'a/deep/3.yaml': pod('x'),
    });
    const { out } = await resolve('-f DIR/a');
    expect(out).toBe(`${pod(v1, 'a')}---\n${pod(v2, 'b')}`);
    expect((await resolve('-R -f DIR/a')).out).toBe(`${out}---\n${pod('x')}`);
  });
});

/** As a plain scalar of a flow mapping it needs no quotes. */
function flow(image: string): string {
  return image;
}

function review(object: string): string {
  return `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE","resource":{"group":"","version":"v1","resource":"pods"},"namespace":"shop","object":${object}}}\n`;
}

test('a text may come from a URL', async () => {
  const web = createServer(({ url }, response) => {
    response.writeHead(url === '/pod.yaml' ? 200 : 404).end(pod('app:v1'));
  });
  await new Promise<void>((resolveIt) => web.listen(0, '127.0.0.1', resolveIt));
  try {
    const place = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    expect((await resolve(`-f ${place}/pod.yaml`)).out).toBe(pod(v1));
    const { code, out, err } = await resolve(`-f ${place}/none.yaml`);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`unable to read URL "${place}/none.yaml": `);
  } finally {
    web.closeAllConnections();
    web.close();
  }
});

describe('other forms', () => {
  const stdin = pod('app:v1');

  test('diff shows what changes, and nothing where nothing does', async () => {
    const { out, code } = await resolve('-f - -o diff', { stdin });
    expect(out).toBe(
      `--- a/stdin\n+++ b/stdin\n@@ -4,4 +4,4 @@\n spec:\n   containers:\n     - name: c\n-      image: app:v1\n+      image: ${v1}\n`,
    );
    expect(code).toBe(0);
    const same = await resolve('-f - -o diff', { stdin: pod('quay.io/a/b:1') });
    expect(same).toEqual({ code: 0, out: '', err: '' });
  });

  test('diff is coloured on a terminal', async () => {
    const { out } = await resolve('-f - -o diff', { stdin, colour: true });
    expect(out).toContain(
      `\u001b[31m-      image: app:v1\u001b[0m\n\u001b[32m+      image: ${v1}\u001b[0m\n`,
    );
  });

  test('table is the one of the dry run', async () => {
    const { out } = await resolve('-f - -o table', { stdin });
    expect(out.split('\n')[0]).toBe('Pod web in shop: allowed, 1 of 1 image rewritten');
  });

  test('json is the result of the dry run', async () => {
    const { out } = await resolve('-f - -o json', { stdin });
    expect(JSON.parse(out)).toMatchObject({
      apiVersion: 'pinstream.dev/v1',
      kind: 'DryRunResult',
      allowed: true,
      objects: [{ kind: 'Pod', namespace: 'shop', images: [{ from: 'app:v1', to: v1 }] }],
    });
  });
});

describe('what is not as it should be', () => {
  test('a warning is told, the text is as it would be admitted', async () => {
    const { code, out, err } = await resolve('-f -', { stdin: pod('closed:v1') });
    expect({ code, out }).toEqual({ code: 0, out: pod('closed:v1') });
    expect(err).toMatch(
      /^Warning: standard input: Pod web: "closed:v1" is left alone: image stream shop\/closed is not open/,
    );
  });

  test('of a file with a denied object nothing is shown, of the others all', async () => {
    await folder.write({
      'bad.yaml': `${pod('app:v1')}---\n${pod('evil.example/x:1')}`,
      'good.yaml': pod('app:v2'),
    });
    const { code, out, err } = await resolve('-f DIR/bad.yaml -f DIR/good.yaml');
    expect({ code, out }).toEqual({ code: 1, out: pod(v2) });
    expect(err).toBe(
      'error: DIR/bad.yaml: Pod web would be denied: container "c", image "evil.example/x:1": evil.example/x is blocked by ' +
        'the registry rule "evil.example" (RegistryBlocked); it is left out\n',
    );
  });

  test.each<[string, string, string]>([
    ['a text that does not parse, with its place', 'a: [\n', 'error: DIR/x.yaml:2:1: '],
    [
      'a file that holds no object of Kubernetes',
      'just: values\n',
      'error: DIR/x.yaml: object 1: not a Kubernetes object: it has no kind\n',
    ],
    ['a file that holds a text', 'hello\n', 'error: DIR/x.yaml:1:1: not a Kubernetes object\n'],
  ])('%s is an error, and nothing is shown of anything', async (_what, text, error) => {
    await folder.write({ 'x.yaml': text, 'good.yaml': pod('app:v1') });
    const { code, out, err } = await resolve('-f DIR/good.yaml -f DIR/x.yaml');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.startsWith(error)).toBe(true);
  });

  test('in a folder, what is no object of Kubernetes passes with a note', async () => {
    await folder.write({ 'a/kustomization.yaml': 'resources: [x]\n', 'a/x.yaml': pod('app:v1') });
    expect(await resolve('-f DIR/a')).toEqual({
      code: 0,
      out: `resources: [x]\n---\n${pod(v1)}`,
      err: 'Note: DIR/a/kustomization.yaml: object 1: not a Kubernetes object: it has no kind; left as it is\n',
    });
  });

  test('an input without objects is told', async () => {
    const { code, err } = await resolve('-f -', { stdin: '# nothing\n' });
    expect({ code, err }).toEqual({ code: 0, err: 'Note: the input holds no object\n' });
  });

  test.each<[string, string]>([
    ['', 'error: must specify -f: '],
    ['-f DIR/none.yaml', 'error: the path "DIR/none.yaml" does not exist'],
    ['-i -f -', 'error: --in-place writes files, and "-" is none'],
    [
      '-i -f https://example.com/x.yaml',
      'error: --in-place writes files, and "https://example.com/x.yaml" is none',
    ],
  ])('%j is refused', async (words, error) => {
    const { code, err } = await resolve(words === '' ? '-n shop' : words);
    expect(code).toBe(1);
    expect(err.slice(0, error.length)).toBe(error);
  });

  test('where streams are of several namespaces, one has to be named for an object in none', async () => {
    await folder.write({ 'streams/other.json': openStream('other', 'app', ['v1']) });
    const { code, err } = await resolve('-f -', { stdin: pod('app:v1') });
    expect(code).toBe(1);
    expect(err).toMatch(/namespaces \(other, shop\): say which one is meant, -n NAMESPACE\n$/);
    const named = pod('app:v1').replace('{name: web}', '{name: web, namespace: shop}');
    expect((await resolve('-f -', { stdin: named })).out).toContain(v1);
  });
});

describe('--check', () => {
  test.each<[string, string, number, string]>([
    ['all pinned', pod('app:v1'), 0, '1 image in 1 file: all pinned\n'],
    [
      'an image without a stream',
      `${pod('app:v1')}---\n${pod('nginx:1')}`,
      1,
      'standard input: Pod web, container "c": "nginx:1" is not pinned: namespace shop has no image stream "nginx" (NoStream)\n' +
        '2 images in 1 file: 1 objection\n',
    ],
    [
      'a denied object',
      pod('evil.example/x:1'),
      1,
      'standard input: Pod web would be denied: container "c", image "evil.example/x:1": evil.example/x is blocked by the ' +
        'registry rule "evil.example" (RegistryBlocked)\n1 image in 1 file: 1 objection\n',
    ],
    ['no object at all', 'kind: ConfigMap\napiVersion: v1\n', 0, '0 images in 1 file: all pinned\n'],
  ])('%s', async (_what, stdin, code, err) => {
    expect(await resolve('-f - --check', { stdin })).toEqual({ code, out: '', err });
  });

  test('a warning would only say the same again', async () => {
    const { err } = await resolve('-f - --check', { stdin: pod('closed:v1') });
    expect(err.match(/is not open/g)).toHaveLength(1);
  });

  test('with -o the output is there as well', async () => {
    const { code, out, err } = await resolve('-f - --check -o yaml', { stdin: pod('nginx') });
    expect({ code, out }).toEqual({ code: 1, out: pod('nginx') });
    expect(err).toContain('"nginx" is not pinned');
  });

  test('a denial is told once', async () => {
    const { code, err } = await resolve('-f - --check -o json', { stdin: pod('evil.example/x:1') });
    expect(code).toBe(1);
    expect(err.match(/would be denied/g)).toHaveLength(1);
  });
});

describe('--in-place', () => {
  test('writes the files that change, and no others', async () => {
    await folder.write({ 'a/1.yaml': pod('app:v1'), 'a/2.yaml': pod('nginx') });
    expect(await resolve('-i -f DIR/a')).toEqual({
      code: 0,
      out: '',
      err: 'DIR/a/1.yaml: 1 image resolved\n',
    });
    expect(await folder.read('a/1.yaml')).toBe(pod(v1));
    expect(await folder.read('a/2.yaml')).toBe(pod('nginx'));
    expect(await resolve('-i -f DIR/a')).toEqual({ code: 0, out: '', err: '' });
  });

  test.each([
    ['is denied', pod('evil.example/x:1')],
    ['does not parse', 'a: [\n'],
  ])('writes nothing where one of the files %s', async (_what, bad) => {
    await folder.write({ 'a/1.yaml': pod('app:v1'), 'a/2.yaml': bad });
    const { code, err } = await resolve('-i -f DIR/a');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: DIR\/a\/2\.yaml/);
    expect(await folder.read('a/1.yaml')).toBe(pod('app:v1'));
  });

  test('with --check it writes what it can, and fails for the rest', async () => {
    await folder.write({ 'a.yaml': `${pod('app:v1')}---\n${pod('nginx')}` });
    expect((await resolve('-i --check -f DIR/a.yaml')).code).toBe(1);
    expect(await folder.read('a.yaml')).toBe(`${pod(v1)}---\n${pod('nginx')}`);
  });

  test('shows the diff of what it writes', async () => {
    await folder.write({ 'a.yaml': pod('app:v1') });
    const { out } = await resolve('-i -o diff -f DIR/a.yaml');
    expect(out).toContain('--- a/DIR/a.yaml\n+++ b/DIR/a.yaml\n');
    expect(await folder.read('a.yaml')).toBe(pod(v1));
  });
});
