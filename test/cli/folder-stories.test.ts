import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { digest } from '../support/objects.ts';
import { tellStory, type Story } from './story.ts';

const [a, b] = [digest('a'), digest('b')];

const web = `# The web, pinned.
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec:
  lookupPolicy: {local: true}
  tags:
    # what production runs
    - name: "1"
      from: {kind: DockerImage, name: quay.example/crew/web:1} # moves
      importPolicy: {scheduled: true, importMode: PreserveOriginal}
      referencePolicy: {type: Local}
    - name: stable
      from: {kind: ImageStreamTag, name: "1"}
status:
  dockerImageRepository: ""
  tags:
    - tag: "1"
      items:
        - created: "2024-01-02T00:00:00Z"
          dockerImageReference: quay.example/crew/web@${b}
          image: ${b}
          generation: 2
        - created: "2024-01-01T00:00:00Z"
          dockerImageReference: quay.example/crew/web@${a}
          image: ${a}
          generation: 1
    - tag: stable
      items:
        - created: "2024-01-02T00:00:00Z"
          dockerImageReference: quay.example/crew/web@${b}
          image: ${b}
          generation: 2
`;
/** Another object in the same file, and one in JSON. */
const pair = `# first
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: {name: one, namespace: shop}
---
# second
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: {name: two, namespace: shop}
`;
const json = `{
  "apiVersion": "image.openshift.io/v1",
  "kind": "ImageStream",
  "metadata": { "name": "api", "namespace": "shop" },
  "spec": {}
}
`;

let story: Story;
beforeEach(async () => {
  story = await tellStory({ 'web.yaml': web });
});
afterEach(() => story.remove());

const said = (out: string, err = '') => ({ code: 0, out, err });
const failed = (err: string) => ({ code: 1, out: '', err });
const help = (verb: string) => `See 'pinstream ${verb} -h' for help and examples\n`;

/** The stream's file with more spec tags behind its own, and more status tags in front of `stable`. */
const added = (spec: readonly string[], status: readonly string[]) =>
  web
    .replace('status:\n', `${spec.map((line) => `${line}\n`).join('')}status:\n`)
    .replace('    - tag: stable\n', `${status.map((line) => `${line}\n`).join('')}    - tag: stable\n`);

/** A status tag with one event, as it is written. */
const evaluated = (tag: string, image: string, kind: string, source: string, created = 'NOW') => [
  `    - tag: ${tag}`,
  '      items:',
  `        - created: "${created}"`,
  `          dockerImageReference: quay.example/crew/web@${image}`,
  `          image: ${image}`,
  '          generation: 1',
  '      observed:',
  '        from:',
  `          kind: ${kind}`,
  `          name: ${source}`,
  '        generation: 1',
];

describe('create is', () => {
  it('makes a file, once', async () => {
    expect(await story.run('create is api --lookup-local')).toEqual(
      said('imagestream.image.openshift.io/api created\n'),
    );
    expect(await story.read('api.yaml')).toBe(
      'apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata:\n  name: api\n  namespace: shop\nspec:\n  lookupPolicy:\n    local: true\n',
    );
    expect(await story.run('create imagestream api')).toEqual(
      failed('Error from server (AlreadyExists): imagestreams.image.openshift.io "api" already exists\n'),
    );
    expect(await story.files()).toEqual(['api.yaml', 'web.yaml']);
  });

  it.each([
    ['--dry-run', 'imagestream.image.openshift.io/api created (dry run)\n'],
    ['--dry-run=server', 'imagestream.image.openshift.io/api created (server dry run)\n'],
    ['--dry-run -o name', 'imagestream.image.openshift.io/api\n'],
    [
      '--dry-run -o yaml',
      'apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata:\n  name: api\n  namespace: shop\nspec:\n  lookupPolicy:\n    local: false\n',
    ],
  ])('%s writes nothing', async (flags, out) => {
    expect(await story.run(`create is api ${flags}`)).toEqual(said(out));
    expect(await story.files()).toEqual(['web.yaml']);
  });

  it('does not take a name that no server would', async () => {
    expect(await story.run('create is UP')).toEqual(
      failed(
        "The ImageStream \"UP\" is invalid: metadata.name: \"UP\" is no name for an image stream: it takes groups of lower-case letters and digits, joined by a single '.', '_' or '-'\n",
      ),
    );
    expect(await story.files()).toEqual(['web.yaml']);
  });
});

describe('create istag', () => {
  it('adds a tag, and evaluates it', async () => {
    const line = 'create istag web:2 --from=:1 --annotation a=b,c';
    expect(await story.run(line)).toEqual(said('imagestreamtag.image.openshift.io/web:2 created\n'));
    expect(await story.read('web.yaml')).toBe(
      added(
        [
          '    - name: "2"',
          '      annotations:',
          '        a: b,c',
          '      from:',
          '        kind: ImageStreamTag',
          '        name: web:1',
        ],
        evaluated('"2"', b, 'ImageStreamTag', 'web:1', '2024-01-02T00:00:00Z'),
      ),
    );
    expect(await story.run(line)).toEqual(
      failed(
        'Error from server (AlreadyExists): imagestreamtags.image.openshift.io "web:2" already exists\n',
      ),
    );
  });

  it('makes the stream', async () => {
    expect(await story.run('create istag api:1 --from-image=quay.example/crew/api:1 --scheduled')).toEqual(
      said('imagestreamtag.image.openshift.io/api:1 created\n'),
    );
    expect(await story.read('api.yaml')).toContain('scheduled: true');
  });

  it.each([
    ['web:2 --dry-run', 'imagestreamtag.image.openshift.io/web:2 created (dry run)\n'],
    ['new:2 --dry-run=server', 'imagestreamtag.image.openshift.io/new:2 created (server dry run)\n'],
  ])('%s writes nothing', async (words, out) => {
    expect(await story.run(`create istag ${words}`)).toEqual(said(out));
    expect(await story.changes('web.yaml')).toEqual([]);
    expect(await story.files()).toEqual(['web.yaml']);
  });
});

describe('tag', () => {
  const noted = (name: string) =>
    `Note: the image is not imported yet: pinstream import-image ${name}, or tag with --wait\n`;

  it('an image of a registry, with every flag', async () => {
    const flags =
      '--scheduled --insecure --reference-policy local --import-mode PreserveOriginal --source=docker';
    expect(await story.run(`tag ${flags} quay.example/crew/web:2 web:2`)).toEqual(
      said('Tag web:2 set to import quay.example/crew/web:2 periodically.\n', noted('web:2')),
    );
    expect(await story.changes('web.yaml')).toEqual([
      '+    - name: "2"',
      '+      from:',
      '+        kind: DockerImage',
      '+        name: quay.example/crew/web:2',
      '+      importPolicy:',
      '+        insecure: true',
      '+        scheduled: true',
      '+        importMode: PreserveOriginal',
      '+      referencePolicy:',
      '+        type: Local',
    ]);
  });

  it('says what is set back, and keeps comments', async () => {
    expect(await story.run('tag quay.example/crew/web:9 web:1')).toEqual(
      said(
        'Tag web:1 set to quay.example/crew/web:9.\n',
        'Note: web:1 is set anew: it is no longer imported on schedule (--scheduled); one platform is imported instead of all ' +
          '(--import-mode PreserveOriginal); its images are pulled from their source again (--reference-policy local)\n' +
          noted('web:1'),
      ),
    );
    expect(await story.changes('web.yaml')).toEqual([
      '-      from: {kind: DockerImage, name: quay.example/crew/web:1} # moves',
      '-      importPolicy: {scheduled: true, importMode: PreserveOriginal}',
      '-      referencePolicy: {type: Local}',
      '+      from: {kind: DockerImage, name: quay.example/crew/web:9} # moves',
      '+      importPolicy: {importMode: Legacy}',
      '+      referencePolicy: {type: Source}',
      // A history of unknown origin is not taken for an answer to the new source.
      '+      observed:',
      '+        from:',
      '+          kind: DockerImage',
      '+          name: quay.example/crew/web:1',
      '+        importMode: PreserveOriginal',
      '+        generation: 2',
    ]);
  });

  it.each<[string, string, string, string, string, string, string]>([
    [
      'what a tag stands for now',
      'tag web:stable web:prod',
      `set to web@${b}`,
      'prod',
      b,
      'ImageStreamImage',
      `web@${b}`,
    ],
    [
      'an image of the history',
      `tag web@${a} web:prod`,
      `set to web@${a}`,
      'prod',
      a,
      'ImageStreamImage',
      `web@${a}`,
    ],
    ['an alias', 'tag --alias web:1 web:also', 'set up to track web:1', 'also', b, 'ImageStreamTag', 'web:1'],
  ])('%s', async (_, line, out, name, image, kind, source) => {
    expect(await story.run(line)).toEqual(said(`Tag web:${name} ${out}.\n`));
    const created = kind === 'ImageStreamTag' ? '2024-01-02T00:00:00Z' : 'NOW';
    expect(await story.read('web.yaml')).toBe(
      added(
        [
          `    - name: ${name}`,
          '      from:',
          `        kind: ${kind}`,
          `        name: ${source}`,
          '      importPolicy:',
          '        importMode: Legacy',
          '      referencePolicy:',
          '        type: Source',
        ],
        evaluated(name, image, kind, source, created),
      ),
    );
  });

  it('into another namespace and stream', async () => {
    expect(await story.run('tag web:1 base/os:9 web:2')).toEqual(
      said(`Tag base/os:9 set to web@${b}.\nTag web:2 set to web@${b}.\n`),
    );
    const os = await story.read('os.yaml');
    expect(os).toContain(`namespace: shop\n        name: web@${b}`);
    expect(os).toContain(`dockerImageReference: quay.example/crew/web@${b}`);
    expect(os).toContain('  name: os\n  namespace: base\n');
  });

  it('a reference, which is never imported', async () => {
    expect(await story.run('tag --reference quay.example/crew/web:3 web:3')).toEqual(
      said('Tag web:3 set to quay.example/crew/web:3.\n'),
    );
    expect(await story.read('web.yaml')).toContain(
      'dockerImageReference: quay.example/crew/web:3\n          image: ""\n',
    );
  });

  it('-d removes a tag with its history, alone and once', async () => {
    expect(await story.run('tag -d web:1')).toEqual(said('Deleted tag shop/web:1.\n'));
    const text = await story.read('web.yaml');
    expect(text).toContain('# The web, pinned.\n');
    expect(text).not.toContain('name: "1"\n      from');
    expect(text).not.toContain(a);
    expect(text).toContain('tag: stable');
    expect(await story.run('tag -d web:1')).toEqual(
      failed('Error from server (NotFound): imagestreamtags.image.openshift.io "web:1" not found\n'),
    );
    expect(await story.run('tag -d nope:1')).toEqual(
      failed('Error from server (NotFound): imagestreamtags.image.openshift.io "nope:1" not found\n'),
    );
  });

  it.each<[string, string]>([
    ['tag --dry-run web:1 web:2', `Tag web:2 set to web@${b}. (dry run)\n`],
    ['tag --dry-run=server web:1 new:2', `Tag new:2 set to web@${b}. (server dry run)\n`],
    ['tag --dry-run -d web:1', 'Deleted tag shop/web:1. (dry run)\n'],
  ])('%s writes nothing', async (line, out) => {
    expect(await story.run(line)).toEqual(said(out));
    expect(await story.changes('web.yaml')).toEqual([]);
    expect(await story.files()).toEqual(['web.yaml']);
  });

  it.each<[string, string]>([
    [
      'tag web:9 web:2',
      'error: "web:9" is not currently pointing to an image, cannot use it as the source of a tag\n',
    ],
    ['tag nope:1 web:2', 'Error from server (NotFound): imagestreams.image.openshift.io "nope" not found\n'],
    [
      `tag web@${digest('c')} web:2`,
      `error: no image "${digest('c')}" in the history of image stream "web" in namespace "shop"\n`,
    ],
    ['tag --import-mode=Both web:1 web:2', 'error: valid ImportMode values are Legacy or PreserveOriginal\n'],
    [
      'tag --alias web:1 web:1',
      'The ImageStream "web" is invalid: spec.tags[1].from.name: tags 1 -> 1 follow each other in a circle\n',
    ],
    [
      'tag web:1',
      `error: you must specify a source and at least one destination or one or more tags to delete\n${help('tag')}`,
    ],
    [
      'tag --sheduled web:1 web:2',
      `error: unknown flag: --sheduled; did you mean --scheduled?\n${help('tag')}`,
    ],
  ])('%s changes nothing', async (line, err) => {
    expect(await story.run(line)).toEqual(failed(err));
    expect(await story.read('web.yaml')).toBe(web);
  });

  it.each([
    '-n shop tag web:1 web:2',
    '-nshop tag web:1 web:2',
    '--namespace=shop tag --alias=false web:1 web:2',
    'tag web:1 -- web:2',
  ])('takes flags in front: %s', async (line) => {
    expect(await story.run(line)).toEqual(said(`Tag web:2 set to web@${b}.\n`));
  });
});

describe('get', () => {
  const row = (cells: string) => `${cells}\n`;
  const pull = `quay.example/crew/web@${b}`;
  it.each<[string, string]>([
    ['get is', row('NAME   IMAGE REPOSITORY   TAGS   UPDATED') + row('web   1,stable   AGE ago')],
    [
      'get is -A',
      row('NAMESPACE   NAME   IMAGE REPOSITORY   TAGS   UPDATED') + row('shop   web   1,stable   AGE ago'),
    ],
    ['get is --no-headers', row('web   1,stable   AGE ago')],
    [
      'get is --show-labels',
      row('NAME   IMAGE REPOSITORY   TAGS   UPDATED   LABELS') + row('web   1,stable   AGE ago   app=web'),
    ],
    [
      'get istag',
      row('NAME   IMAGE REFERENCE   UPDATED') +
        row(`web:1   ${pull}   AGE ago`) +
        row(`web:stable   ${pull}   AGE ago`),
    ],
    [
      'get istag web:1 -o wide',
      row('NAME   IMAGE REFERENCE   UPDATED   IMAGE NAME') + row(`web:1   ${pull}   AGE ago   ${b}`),
    ],
    [
      'get is,istag -o name',
      'imagestream.image.openshift.io/web\nimagestreamtag.image.openshift.io/web:1\nimagestreamtag.image.openshift.io/web:stable\n',
    ],
    ['get is/web -o name', 'imagestream.image.openshift.io/web\n'],
    ['get is -l app=web -o name', 'imagestream.image.openshift.io/web\n'],
    [
      'get istag -l app -o name',
      'imagestreamtag.image.openshift.io/web:1\nimagestreamtag.image.openshift.io/web:stable\n',
    ],
    [`get isimage web@${a.slice(0, 12)}`, row('NAME   UPDATED') + row(`web@${a.slice(0, 12)}   AGE ago`)],
    ['get istag web:1 -o jsonpath={.image.metadata.name}', b],
    ['get is -o jsonpath={.items[*].metadata.name}', 'web'],
    ['get is web -o=jsonpath={.spec.tags[*].name}', '1 stable'],
  ])('%s', async (line, out) => {
    expect(await story.run(line)).toEqual(said(out));
  });

  it('-o json and -o yaml give the object, and a list of several', async () => {
    const one = await story.run('get is web -o json');
    expect(JSON.parse(one.out)).toMatchObject({ kind: 'ImageStream', metadata: { name: 'web' } });
    const list = await story.run('get is -o json');
    expect(JSON.parse(list.out)).toMatchObject({ kind: 'List', items: [{ metadata: { name: 'web' } }] });
    expect((await story.run('get istag web:1 -o yaml')).out).toMatch(
      /^apiVersion: image\.openshift\.io\/v1\n[^]*^kind: ImageStreamTag$/m,
    );
  });

  it.each<[string, string, string]>([
    [
      'get is web nope -o name',
      'imagestream.image.openshift.io/web\n',
      'Error from server (NotFound): imagestreams.image.openshift.io "nope" not found\n',
    ],
    ['get is nope', '', 'Error from server (NotFound): imagestreams.image.openshift.io "nope" not found\n'],
    [
      'get istag web:9',
      '',
      'Error from server (NotFound): imagestreamtags.image.openshift.io "web:9" not found\n',
    ],
    [
      'get istag web',
      '',
      'Error from server (BadRequest): imagestreamtags must be of the form <stream_name>:<tag>, not "web"\n',
    ],
    [
      'get isimage web@sha256:ff',
      '',
      'Error from server (NotFound): imagestreamimages.image.openshift.io "web@sha256:ff" not found\n',
    ],
    [
      'get isimage',
      '',
      'error: image stream images are not listed, as on OpenShift: name one, STREAM@DIGEST, from describe is\n',
    ],
    ['get is web -A', '', 'error: a resource cannot be retrieved by name across all namespaces\n'],
    [
      'get is -o table',
      '',
      'error: unable to match a printer suitable for the output format "table", allowed formats are: json, jsonpath, name, wide, yaml\n',
    ],
    ['get is -o jsonpath={.a', '', 'error: error parsing jsonpath {.a, unclosed action\n'],
    [
      'get po',
      '',
      `error: "po" is none of is, istag, isimage; kubectl knows all other kinds\n${help('get')}`,
    ],
  ])('%s fails', async (line, out, err) => {
    expect(await story.run(line)).toEqual({ code: 1, out, err });
  });

  it.each([
    ['get is -l app=none', 'No resources found in shop namespace.\n'],
    ['get is -n empty', 'No resources found in empty namespace.\n'],
    ['get istag -A -l app=none', 'No resources found\n'],
  ])('%s finds nothing, which is no failure', async (line, err) => {
    expect(await story.run(line)).toEqual(said('', err));
  });
});

describe('describe', () => {
  it('a stream', async () => {
    expect(await story.run('describe is web')).toEqual(
      said(`Name:\t\t\tweb
Namespace:\t\tshop
Labels:\t\t\tapp=web
Annotations:\t\t<none>
Image Repository:\t<none>
Image Lookup:\t\tlocal=true
Unique Images:\t\t2
Tags:\t\t\t2

1 (stable)
  updates automatically from registry quay.example/crew/web:1
    prefer registry pullthrough when referencing this tag

  * quay.example/crew/web@${b}
      AGE ago
    quay.example/crew/web@${a}
      AGE ago
`),
    );
  });

  it.each([
    ['istag web:1', b],
    ['istag/web:stable', b],
    [`isimage web@${a}`, a],
  ])('%s', async (words, image) => {
    expect(await story.run(`describe ${words}`)).toEqual(
      said(
        `Image Name:\t${image}\nDocker Image:\tquay.example/crew/web@${image}\nName:\t\t${image}\nImage Size:\t<unknown> (nothing else is known of this image)\n`,
      ),
    );
  });

  it('several, one of them missing', async () => {
    const { code, out, err } = await story.run('describe is web nope');
    expect({ code, err }).toEqual({
      code: 1,
      err: 'Error from server (NotFound): imagestreams.image.openshift.io "nope" not found\n',
    });
    expect(out).toMatch(/^Name:\t\t\tweb\n/);
  });

  it('nothing', async () => {
    expect(await story.run('describe is -n empty')).toEqual(
      said('', 'No resources found in empty namespace.\n'),
    );
  });
});

describe('delete', () => {
  it('a stream, with its file', async () => {
    expect(await story.run('delete is web')).toEqual(said('imagestream.image.openshift.io "web" deleted\n'));
    expect(await story.files()).toEqual([]);
    expect(await story.run('delete is web')).toEqual(
      failed('Error from server (NotFound): imagestreams.image.openshift.io "web" not found\n'),
    );
    expect(await story.run('delete is web --ignore-not-found')).toEqual(said(''));
  });

  it('a tag, with its history', async () => {
    expect(await story.run('delete istag web:stable')).toEqual(
      said('imagestreamtag.image.openshift.io "web:stable" deleted\n'),
    );
    expect(await story.changes('web.yaml')).toEqual([
      '-    - name: stable',
      '-      from: {kind: ImageStreamTag, name: "1"}',
      '-    - tag: stable',
      '-      items:',
      '-        - created: "2024-01-02T00:00:00Z"',
      `-          dockerImageReference: quay.example/crew/web@${b}`,
      `-          image: ${b}`,
      '-          generation: 2',
    ]);
  });

  it('what is there of several', async () => {
    expect(await story.run('delete istag/web:9 istag/web:stable is/nope')).toEqual({
      code: 1,
      out: 'imagestreamtag.image.openshift.io "web:stable" deleted\n',
      err:
        'Error from server (NotFound): imagestreamtags.image.openshift.io "web:9" not found\n' +
        'Error from server (NotFound): imagestreams.image.openshift.io "nope" not found\n',
    });
  });

  it.each<[string, string]>([
    ['delete is --all --dry-run', 'imagestream.image.openshift.io "web" deleted (dry run)\n'],
    [
      'delete is -l app=web --dry-run=server',
      'imagestream.image.openshift.io "web" deleted (server dry run)\n',
    ],
    ['delete istag web:1 --dry-run', 'imagestreamtag.image.openshift.io "web:1" deleted (dry run)\n'],
    ['delete is -l app=none', ''],
  ])('%s writes nothing', async (line, out) => {
    expect(await story.run(line)).toEqual(said(out));
    expect(await story.read('web.yaml')).toBe(web);
  });

  it.each<[string, string]>([
    ['delete is', 'error: resource(s) were provided, but no name was specified\n'],
    ['delete istag --all', 'error: resource(s) were provided, but no name was specified\n'],
    [
      `delete isimage web@${a}`,
      'error: image stream images are history and are not deleted one by one; delete the tag: pinstream delete istag STREAM:TAG\n',
    ],
    ['delete istag web', 'error: "web" must be of the form <stream_name>:<tag>\n'],
  ])('%s is refused', async (line, err) => {
    expect(await story.run(line)).toEqual(failed(err));
    expect(await story.read('web.yaml')).toBe(web);
  });
});

describe('files', () => {
  it('of two objects: the other one stays byte for byte', async () => {
    await story.write('pair.yaml', pair);
    expect(await story.run('tag quay.example/a:1 two:1 --reference')).toMatchObject({ code: 0 });
    const text = await story.read('pair.yaml');
    expect(text.slice(0, text.indexOf('# second'))).toBe(pair.slice(0, pair.indexOf('# second')));
    expect(text.indexOf('quay.example/a:1')).toBeGreaterThan(text.indexOf('# second'));
    expect(await story.run('delete is two')).toMatchObject({ code: 0 });
    expect(await story.run('get is -o name')).toEqual(
      said('imagestream.image.openshift.io/one\nimagestream.image.openshift.io/web\n'),
    );
    expect(await story.read('pair.yaml')).toContain('# first\n');
  });

  it('of JSON stay JSON', async () => {
    await story.write('api.json', json);
    expect(await story.run('tag web:1 api:1')).toMatchObject({ code: 0 });
    expect(JSON.parse(await story.read('api.json'))).toMatchObject({
      metadata: { name: 'api', namespace: 'shop' },
      spec: { tags: [{ name: '1', from: { name: `web@${b}` } }] },
    });
    expect(await story.read('api.json')).toContain('"metadata": { "name": "api", "namespace": "shop" },\n');
  });

  it('with CRLF keep it', async () => {
    await story.write('web.yaml', web.replaceAll('\n', '\r\n'));
    expect(await story.run('tag web:1 web:2')).toMatchObject({ code: 0 });
    const text = await story.read('web.yaml');
    expect(text).toContain(`name: web@${b}\r\n`);
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
  });

  it('that are read-only are refused and stay', async () => {
    await story.write('web.yaml', web, 0o444);
    for (const line of ['tag web:1 web:2', 'tag -d web:1', 'delete is web']) {
      expect(await story.run(line)).toEqual(
        failed('error: DIR/web.yaml is read-only and is not written; make it writable (chmod u+w)\n'),
      );
    }
    expect(await story.read('web.yaml')).toBe(web);
    expect(await story.run('get is -o name')).toMatchObject({ code: 0 });
  });

  it('that do not parse are named, with the place', async () => {
    await story.write('broken.yaml', 'kind: ImageStream\nmetadata: {\n  name: [\n');
    const { code, out, err } = await story.run('get is');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^error: DIR\/broken\.yaml: document 1, line \d+, column \d+: .+\n$/);
  });

  it('of several namespaces ask which one is meant', async () => {
    await story.write(
      'os.yaml',
      web.replace('name: web', 'name: os').replace('namespace: shop', 'namespace: base'),
    );
    expect(await story.run('get is')).toEqual(
      failed(
        'error: DIR has image streams of several namespaces (base, shop): say which one is meant, -n NAMESPACE\n',
      ),
    );
    expect(await story.run('get is -n base -o name')).toEqual(said('imagestream.image.openshift.io/os\n'));
    expect(await story.run('get is -A -o name')).toEqual(
      said('imagestream.image.openshift.io/os\nimagestream.image.openshift.io/web\n'),
    );
  });

  it('that are not there: the folder is named', async () => {
    await story.remove();
    const { code, err } = await story.run('get is');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: the folder DIR cannot be read \(.*\); --objects takes a folder of YAML or JSON files\n$/,
    );
  });
});
