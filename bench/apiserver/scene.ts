import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ControlPlane } from '../../test/cluster/control-plane.ts';
import { freePorts } from '../../test/cluster/loopback.ts';
import { writeCertificate, writeServiceAccountKubeconfig } from '../../test/cluster/story/credentials.ts';
import { install } from '../../test/cluster/story/install.ts';
import { eventually } from '../../test/support/eventually.ts';
import { programs } from '../import/scene.ts';
import { imageStream, namespace } from '../scene/objects.ts';
import { review } from '../scene/reviews.ts';
import { startServer, type ServerProcess } from '../server-process.ts';

/** A namespace, and who is asked about what is created there. */
export interface Contender {
  readonly name: string;
  readonly namespace: string;
  readonly bodyFile: string;
  /** Undefined: nobody is asked. */
  readonly webhook: ServerProcess | undefined;
}

export interface Scene {
  readonly contenders: readonly Contender[];
  stop(): Promise<void>;
}

const images = 3;
const constantNamespace = 'bench-constant';
const nobodyNamespace = 'bench-nobody';
/** What Pinstream's webhook configuration leaves out. */
const leftOut = { 'pinstream.dev/image-lookup': 'disabled' };

/** Pinstream, installed as users do; a webhook with a constant answer; and a namespace where neither is asked. */
export async function openScene(cluster: ControlPlane): Promise<Scene> {
  const dir = await mkdtemp(join(cluster.dir, 'bench-'));
  const { caCertificate, certificate, key } = await writeCertificate(dir);
  const { https, metrics } = await freePorts(['https', 'metrics']);
  await install(cluster, { url: `https://127.0.0.1:${https}`, caCertificate });
  const started: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const server of started) await server.stop(0);
  };
  try {
    const pair = ['--tls-cert-file', certificate, '--tls-private-key-file', key];
    const program = (await programs(dir, undefined))[0]?.[1] ?? '';
    const pinstream = await startServer(
      [
        ...[
          program,
          'webhook',
          '--host',
          '127.0.0.1',
          '--port',
          String(https),
          '--metrics-port',
          String(metrics),
        ],
        ...['--kubeconfig', await writeServiceAccountKubeconfig(cluster, dir), ...pair],
      ],
      { PATH: process.env.PATH ?? '', HOME: dir },
    );
    started.push(pinstream);
    const express = fileURLToPath(new URL('../servers/express-template.ts', import.meta.url));
    const constant = await startServer([express, certificate, key]);
    started.push(constant);
    await apply(cluster, [
      namespaceOf(namespace, {}),
      namespaceOf(constantNamespace, leftOut),
      namespaceOf(nobodyNamespace, leftOut),
      constantConfiguration(`${constant.url}/mutate`, caCertificate),
    ]);
    await applyStreams(cluster);
    const contender = async (
      name: string,
      inNamespace: string,
      webhook: ServerProcess | undefined,
    ): Promise<Contender> => {
      const bodyFile = join(dir, `${inNamespace}.json`);
      await writeFile(bodyFile, JSON.stringify(deployment(inNamespace)));
      return { name, namespace: inNamespace, bodyFile, webhook };
    };
    const contenders = [
      await contender('no webhook', nobodyNamespace, undefined),
      await contender('constant', constantNamespace, constant),
      await contender('pinstream', namespace, pinstream),
    ];
    for (const { bodyFile, webhook } of contenders) {
      await untilPinned(cluster, bodyFile, webhook === undefined ? 0 : images);
    }
    return { contenders, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function namespaceOf(name: string, labels: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function constantConfiguration(url: string, caCertificate: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'constant' },
    webhooks: [
      {
        name: 'constant.bench.example.com',
        clientConfig: { url, caBundle: Buffer.from(caCertificate).toString('base64') },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        timeoutSeconds: 5,
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': constantNamespace } },
        rules: [
          {
            apiGroups: ['apps'],
            apiVersions: ['v1'],
            resources: ['deployments'],
            operations: ['CREATE'],
            scope: '*',
          },
        ],
      },
    ],
  };
}

/** With its status, which the API keeps apart. The webhook that judges streams may still be learnt of. */
async function applyStreams(cluster: ControlPlane): Promise<void> {
  const streams = Array.from({ length: images }, (_, index) => imageStream(index));
  const describe = 'the image streams are stored';
  await eventually(() => apply(cluster, streams), { describe });
  await eventually(() => apply(cluster, streams, '--subresource=status'), { describe });
}

async function apply({ kubectl }: ControlPlane, items: readonly object[], ...flags: string[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const { code, stderr } = await kubectl(['apply', '--server-side', '-f', '-', ...flags], { input });
  if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
}

/** A Deployment as a person writes it. */
function deployment(inNamespace: string): object {
  const { request } = review('Deployment', 'hit', images) as {
    readonly request: {
      readonly object: { readonly apiVersion: string; readonly kind: string; readonly spec: object };
    };
  };
  const { apiVersion, kind, spec } = request.object;
  const template = { ...(spec as { readonly template: object }).template };
  const labels = { 'app.kubernetes.io/name': 'shop' };
  return {
    apiVersion,
    kind,
    metadata: { name: 'shop', namespace: inNamespace, labels },
    spec: { ...spec, template },
  };
}

/** The API server learns of webhooks, and Pinstream of streams, a moment after they are stored. */
async function untilPinned(cluster: ControlPlane, bodyFile: string, expected: number): Promise<void> {
  await eventually(
    async () => {
      const { code, stdout, stderr } = await cluster.kubectl([
        ...['create', '-f', bodyFile, '--dry-run=server', '-o', 'json'],
      ]);
      if (code !== 0) throw new Error(stderr);
      const pinned = [...stdout.matchAll(/"image": "[^"]*@sha256:/g)].length;
      if (pinned !== expected) throw new Error(`${pinned} of ${images} images are pinned`);
    },
    { describe: `${expected} images of ${bodyFile} are pinned` },
  );
}
