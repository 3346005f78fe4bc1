/**
 * A webhook that pins by asking the registry for each image of each request, and remembers nothing: one GET of a manifest,
 * all images of a request at the same time, on connections that are kept. No token, no ping, nothing verified: less than any
 * real one does. Arguments: certificate file, key file, the registry's URL with the path that images are below.
 */
import { Pool } from 'undici';
import { serve } from './listen.ts';

interface Review {
  readonly request: {
    readonly uid: string;
    readonly object: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

const [, , , , place = ''] = process.argv;
const { host, origin, pathname } = new URL(place);
const registry = new Pool(origin, { connections: 64 });

serve((incoming, response) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    answer(JSON.parse(Buffer.concat(chunks).toString()) as Review).then(
      (body) => {
        const length = Buffer.byteLength(body);
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': length });
        response.end(body);
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
});

async function answer({ request: { uid, object } }: Review): Promise<string> {
  const patch = await Promise.all(
    object.spec.containers.map(async ({ image }, index) => ({
      op: 'replace',
      path: `/spec/containers/${index}/image`,
      value: await pinned(image),
    })),
  );
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    },
  });
}

async function pinned(image: string): Promise<string> {
  const [name = '', tag = 'latest'] = image.split(':');
  const { statusCode, headers, body } = await registry.request({
    method: 'GET',
    path: `/v2${pathname}/${name}/manifests/${tag}`,
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  await body.arrayBuffer();
  const digest = headers['docker-content-digest'];
  if (statusCode !== 200 || typeof digest !== 'string')
    throw new Error(`${image}: HTTP status ${statusCode}`);
  return `${host}${pathname}/${name}@${digest}`;
}
