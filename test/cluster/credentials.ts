import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, createKeys, issue, type KeyPair } from './certificates.ts';
import type { Files } from './flags.ts';
import { kubeconfig } from './kubeconfig.ts';

/** A Kubernetes user as its client certificate names it. */
export interface User {
  readonly user: string;
  readonly groups?: readonly string[];
}

/** What the control plane's own clients need to know of its keys. */
export interface Credentials {
  readonly authority: KeyPair;
  readonly admin: KeyPair;
}

const admin = { user: 'admin', groups: ['system:masters'] };
const serverHosts = ['127.0.0.1', '10.3.0.1', 'localhost', 'kubernetes.default.svc'];

/** Makes every certificate and key of a control plane, and the admin's kubeconfig, and writes them to their files. */
export async function writeCredentials(files: Files, url: string): Promise<Credentials> {
  const [authority, frontProxyAuthority, serviceAccount] = await Promise.all([
    createAuthority('pinstream-test-ca'),
    createAuthority('pinstream-test-front-proxy-ca'),
    createKeys(),
  ]);
  const [apiServer, frontProxy, adminPair] = await Promise.all([
    issue(authority, { kind: 'server', name: 'kube-apiserver', hosts: serverHosts }),
    issue(frontProxyAuthority, { kind: 'client', user: 'front-proxy-client', groups: [] }),
    issue(authority, { kind: 'client', ...admin }),
  ]);
  const contents: Readonly<Record<string, string>> = {
    [files.pki('ca.crt')]: authority.certificate,
    [files.pki('front-proxy-ca.crt')]: frontProxyAuthority.certificate,
    [files.pki('service-account.key')]: serviceAccount.privateKey,
    [files.pki('service-account.pub')]: serviceAccount.publicKey,
    [files.pki('apiserver.crt')]: apiServer.certificate,
    [files.pki('apiserver.key')]: apiServer.key,
    [files.pki('front-proxy-client.crt')]: frontProxy.certificate,
    [files.pki('front-proxy-client.key')]: frontProxy.key,
    [files.adminKubeconfig]: kubeconfig(url, authority.certificate, admin.user, adminPair),
  };
  await Promise.all(Object.entries(contents).map(([path, text]) => writeFile(path, text, { mode: 0o600 })));
  return { authority, admin: adminPair };
}

/** Issues a client certificate for a user and writes a kubeconfig with it into a folder of its own; gives its path. */
export async function writeKubeconfig(
  files: Files,
  url: string,
  authority: KeyPair,
  who: User,
): Promise<string> {
  const pair = await issue(authority, { kind: 'client', user: who.user, groups: who.groups ?? [] });
  const path = join(await mkdtemp(join(files.dir, 'user-')), 'kubeconfig');
  await writeFile(path, kubeconfig(url, authority.certificate, who.user, pair), { mode: 0o600 });
  return path;
}
