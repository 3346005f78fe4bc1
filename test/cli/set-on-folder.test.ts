import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { makeFolder, type TestFolder } from './folder-run.ts';

const stream = `# Kept in Git
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata:
  name: web # the shop
  namespace: shop
spec:
  tags:
    - {name: "1", from: {kind: DockerImage, name: quay.example.com/acme/web:1}} # as it is
`;
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      # The only one
      containers:
        - name: web
          image: web:1 # by name
`;

let folder: TestFolder;
beforeEach(async () => {
  folder = await makeFolder({ 'o/stream.yaml': stream, 'o/deployment.yaml': deployment });
});
afterEach(() => folder.remove());

const run = (words: string) => folder.run([...words.split(' '), '--objects', 'DIR/o']);
const done = (out: string) => ({ code: 0, out, err: '' });

it('opens a stream in its file and leaves the rest as it is', async () => {
  expect(await run('set image-lookup web')).toEqual(
    done('imagestream.image.openshift.io/web image lookup updated\n'),
  );
  const opened = await folder.read('o/stream.yaml');
  expect(opened.replace('  lookupPolicy:\n    local: true\n', '')).toBe(stream);
  expect(opened).not.toBe(stream);
  expect(await run('set image-lookup')).toEqual(done('NAME  LOCAL\nweb   true\n'));
});

it.each([
  ['set image-lookup deploy/web', 'set image-lookup deploy/web --enabled=false'],
  ['set triggers deploy/web --from-image web:1', 'set triggers deploy/web --from-image web:1 --remove'],
  ['set triggers deploy/web --manual', 'set triggers deploy/web --auto'],
])('changes a workload by "%s"; "%s" keeps every comment', async (there, back) => {
  expect(await run(there)).toMatchObject({ code: 0, err: '' });
  const changed = await folder.read('o/deployment.yaml');
  expect(changed).not.toBe(deployment);
  for (const line of deployment.split('\n')) expect(changed).toContain(line);
  expect(await run(back)).toMatchObject({ code: 0, err: '' });
  const restored = await folder.read('o/deployment.yaml');
  for (const line of deployment.split('\n')) expect(restored).toContain(line);
});

it('writes nothing on a dry run', async () => {
  const out = 'imagestream.image.openshift.io/web image lookup updated (dry run)\n';
  expect(await run('set image-lookup web --dry-run')).toEqual(done(out));
  expect(await folder.read('o/stream.yaml')).toBe(stream);
});

it('makes the Namespace that the folder does not have', async () => {
  const set = await run('set namespace-lookup all');
  expect(set).toEqual(done('namespace/shop image lookup set to all (was enabled)\n'));
  expect(await run('set image-lookup')).toEqual(done('NAME  LOCAL  EFFECTIVE\nweb   false  true (all)\n'));
  expect(await run('set namespace-lookup')).toEqual(
    done('NAME  LOOKUP  STREAMS  OPEN\nshop  all     1        1\n'),
  );
});

it('tells which workloads use a tag by name', async () => {
  await run('set image-lookup web');
  expect(await run('status')).toEqual(
    done(`NAMESPACE   LOOKUP    STREAMS   OPEN   SCHEDULED
shop        enabled   1         1      0

WORKLOAD         CONTAINER   TAG     RUNS    STATE
deployment/web   web         web:1   web:1   the tag has no image yet
`),
  );
});

it('tells of all namespaces of a folder that has several', async () => {
  await folder.write({ 'o/other.yaml': stream.replace('namespace: shop', 'namespace: base') });
  const { code, out } = await run('status');
  expect({ code, out }).toEqual({
    code: 0,
    out: `NAMESPACE   LOOKUP    STREAMS   OPEN   SCHEDULED
base        enabled   1         0      0
shop        enabled   1         0      0
`,
  });
});
