import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fields, readObject, text } from '../manifests/files.ts';
import { eventually } from '../support/eventually.ts';
import { pushImage, type PushedImage } from '../support/oci-images.ts';
import { createComponents } from './components.ts';
import { freePorts } from './loopback.ts';
import { commandsOn, inAWhile } from './manifests/commands.ts';
import type { Json } from './manifests/objects.ts';
import { startPinstream, type Pinstream } from './pinstream.ts';
import { startRegistry, type Registry } from './registry.ts';
import { ask } from './story/https.ts';
import { describeOnCluster } from './suite.ts';
import { findTools } from './tools.ts';

const overlay = 'overlays/registry-cache';
const cacheConfiguration = 'manifests/components/registry-cache/upstream/configmap.yaml';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const imagePath = '-o jsonpath={.spec.template.spec.containers[0].image}';

/** Pulls an image by its pull spec as a node does, over plain HTTP: the manifest, then all that it names. */
async function pull(pullSpec: string): Promise<{ readonly codes: number[]; readonly manifest: string }> {
  const [, host = '', repository = '', digest = ''] = /^([^/]+)\/(.+)@(.+)$/.exec(pullSpec) ?? [];
  const get = (path: string) =>
    ask(`http://${host}/v2/${repository}/${path}`, { headers: { accept: manifestType } });
  const { code, body } = await get(`manifests/${digest}`);
  const codes = [code];
  if (code === 200) {
    const { config, layers } = JSON.parse(body) as Pick<PushedImage, 'config' | 'layers'>;
    for (const blob of [config, ...layers]) codes.push((await get(`blobs/${blob.digest}`)).code);
  }
  return { codes, manifest: body };
}

/** A stream `shop/NAME`, open; each tag is of this image and has this reference policy. */
function streamOf(name: string, image: string, policies: Readonly<Record<string, string>>): Json {
  return {
    apiVersion: 'image.openshift.io/v1',
    kind: 'ImageStream',
    metadata: { name, namespace: 'shop' },
    spec: {
      lookupPolicy: { local: true },
      tags: Object.entries(policies).map(([tag, type]) => ({
        name: tag,
        from: { kind: 'DockerImage', name: image },
        referencePolicy: { type },
      })),
    },
  };
}

describeOnCluster(
  'reference policy Local through a cache, without an integrated registry',
  (cluster) => {
    let upstream: Registry;
    let cache: Registry;
    let pinstream: Pinstream | undefined;
    let image: PushedImage;
    const { kubectl, run } = commandsOn(cluster);

    beforeAll(async () => {
      upstream = await startRegistry();
      const layers = ['one', 'two'];
      image = await pushImage(upstream, 'crew/web', 'v1', { os: 'linux', architecture: 'amd64', layers });
      cache = await startRegistry({ proxy: { remoteurl: upstream.url } });
      const localRegistry = [{ source: `${upstream.host}/crew`, target: `${cache.host}/crew` }];
      const configuration = JSON.stringify({ localRegistry });
      pinstream = await startPinstream(cluster(), { manifests: overlay, configuration });
      await kubectl('create namespace shop');
    });
    afterAll(async () => {
      await pinstream?.stop();
      await cache.remove();
      await upstream.remove();
    });

    const atOrigin = (): string => `${upstream.host}/crew/web@${image.digest}`;
    const inCache = (): string => `${cache.host}/crew/web@${image.digest}`;

    test('a stream whose source a cache holds is saved without a word, any other with a warning', async () => {
      const held = streamOf('web', `${upstream.host}/crew/web:v1`, { local: 'Local', source: 'Source' });
      expect(await run('apply --server-side -f -', held)).toMatchObject({ code: 0, stderr: '' });

      const other = streamOf('other', 'quay.io/crew/web:v1', { local: 'Local' });
      const { code, stderr } = await run('apply --server-side -f -', other);
      expect(code).toBe(0);
      expect(stderr).toContain(
        'spec.tags[local]: policy Local, but no cache of localRegistry holds quay.io/crew/web; its source is used',
      );
    });

    test('a Local tag is stored as the cache has it, a Source tag as its source; the stream keeps the source', async () => {
      const item = { dockerImageReference: atOrigin(), image: image.digest, generation: 1 };
      const items = [{ created: '2026-01-01T00:00:00Z', ...item }];
      const tags = ['local', 'source'].map((tag) => ({ tag, items }));
      await kubectl(
        `patch imagestream web -n shop --subresource=status --type=merge -p ${JSON.stringify({ status: { tags } })}`,
      );
      const create = 'create deployment local -n shop --image=web:local';
      await eventually(
        async () => expect(await kubectl(`${create} --dry-run=server ${imagePath}`)).toBe(inCache()),
        { describe: 'the webhook knows the image', ...inAWhile },
      );

      await kubectl(create);
      await kubectl('create deployment source -n shop --image=web:source');

      expect(await kubectl(`get deployment local -n shop ${imagePath}`)).toBe(inCache());
      expect(await kubectl(`get deployment source -n shop ${imagePath}`)).toBe(atOrigin());
      expect(await kubectl('get deployment local -n shop -o jsonpath={.metadata.annotations}')).toContain(
        'Mirror',
      );
      const recorded = '-o jsonpath={.status.tags[*].items[0].dockerImageReference}';
      expect(await kubectl(`get imagestream web -n shop ${recorded}`)).toBe(`${atOrigin()} ${atOrigin()}`);
    });

    test('distribution with the configuration of the overlay is a cache as well', async () => {
      const own = await startOverlayCache(upstream.url);
      try {
        const pulled = await pull(`${own.host}/crew/web@${image.digest}`);
        expect(pulled).toEqual({ codes: [200, 200, 200, 200], manifest: image.bytes.toString() });
      } finally {
        await own.remove();
      }
    });

    test('what was pulled through the cache is pulled again after the upstream has stopped', async () => {
      const pullSpec = await kubectl(`get deployment local -n shop ${imagePath}`);
      const whole = { codes: [200, 200, 200, 200], manifest: image.bytes.toString() };
      expect(await pull(pullSpec)).toEqual(whole);

      await upstream.stop();

      expect(await pull(pullSpec)).toEqual(whole);
      await expect(pull(atOrigin())).rejects.toThrow('ECONNREFUSED');
    });

    test('the API server takes all of the overlay by one command, in its restricted namespace', async () => {
      const command = `apply --server-side --dry-run=server -k manifests/${overlay}`;
      const { code, stdout, stderr } = await run(command);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const kind of ['configmap', 'service', 'persistentvolumeclaim', 'deployment.apps']) {
        for (const name of ['quay-io', 'docker-io']) {
          expect(stdout).toContain(`${kind}/pinstream-registry-cache-${name} serverside-applied`);
        }
      }
    });
  },
  { furtherTools: ['registry'] },
);

/** The registry as the overlay runs it, but for its port and its folder. */
async function startOverlayCache(
  remoteUrl: string,
): Promise<{ readonly host: string; remove(): Promise<void> }> {
  const tools = findTools(['registry']);
  if (tools.kind !== 'found') throw new Error(tools.howTo);
  const dir = await mkdtemp(join(tmpdir(), 'pinstream-registry-cache-'));
  const components = createComponents(dir);
  const remove = async (): Promise<void> => {
    await components.end();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const config = join(dir, 'config.yml');
    await writeFile(config, text(fields(readObject(cacheConfiguration).data)['config.yml']));
    const { registry } = await freePorts(['registry']);
    const host = `127.0.0.1:${registry}`;
    components.start({
      name: 'registry',
      command: tools.paths.registry,
      args: ['serve', config],
      env: {
        HOME: dir,
        OTEL_TRACES_EXPORTER: 'none',
        REGISTRY_PROXY_REMOTEURL: remoteUrl,
        REGISTRY_HTTP_ADDR: host,
        REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(dir, 'images'),
      },
      logPath: join(dir, 'registry.log'),
    });
    const isServing = (): Promise<boolean> =>
      ask(`http://${host}/`).then(
        ({ code }) => code === 200,
        () => false,
      );
    await components.untilServing(isServing, Date.now() + 20_000);
    return { host, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
