import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueAuthority, issueServing } from '../../../src/certs/issue.ts';
import type { ControlPlane } from '../control-plane.ts';

/** The files that the server is started with. */
export interface ServerFiles {
  readonly kubeconfig: string;
  readonly certificate: string;
  readonly key: string;
  /** The authority of the certificate, PEM. */
  readonly caCertificate: string;
}

/** Writes a serving certificate for loopback. */
export async function writeCertificate(dir: string): Promise<Omit<ServerFiles, 'kubeconfig'>> {
  const now = new Date();
  const authority = await issueAuthority({ commonName: 'pinstream-test', now });
  const pair = await issueServing({ authority, dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], now });
  const files = { certificate: join(dir, 'tls.crt'), key: join(dir, 'tls.key') };
  await writeFile(files.certificate, pair.cert);
  await writeFile(files.key, pair.key, { mode: 0o600 });
  return { ...files, caCertificate: authority.cert };
}

/** Writes a kubeconfig for a service account of the manifests, the webhook's unless told: it has the rights that they give it, and no other. */
export async function writeServiceAccountKubeconfig(
  cluster: ControlPlane,
  dir: string,
  name = 'pinstream-webhook',
): Promise<string> {
  const token = await tokenOf(cluster, 'pinstream-system', name);
  const path = join(dir, 'kubeconfig');
  const authority = Buffer.from(cluster.caCertificate).toString('base64');
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: cluster.url, 'certificate-authority-data': authority } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  await writeFile(path, JSON.stringify(kubeconfig), { mode: 0o600 });
  return path;
}

/** A bearer token of a service account that exists. Throws with kubectl's words. */
export async function tokenOf(cluster: ControlPlane, namespace: string, account: string): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl([
    'create',
    'token',
    account,
    '-n',
    namespace,
    '--duration=24h',
  ]);
  if (code !== 0) throw new Error(`kubectl create token ${account} -n ${namespace}: ${stderr}`);
  return stdout.trim();
}
