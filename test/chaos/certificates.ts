import { issueAuthority, issueServing, authorityDays, backdatedMs } from '../../src/certs/issue.ts';
import type { CertificatePair } from '../../src/certs/certificate-source.ts';
import { formatMaterial, parseMaterial, type Material } from '../../src/certs/material.ts';
import { objectAt } from '../../src/json/untyped.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { serviceName, system } from './install.ts';

const collection = `/api/v1/namespaces/${system}/secrets`;
const secretName = 'pinstream-webhook-tls';
const secretPath = `${collection}/${secretName}`;
const dayMs = 24 * 3_600_000;
const dnsNames = [
  `${serviceName}.${system}.svc`,
  `${serviceName}.${system}`,
  `${serviceName}.${system}.svc.cluster.local`,
];

/** An authority whose last third has begun, made when the Secret is, and trusted from then on. */
let ageing: CertificatePair | undefined;

/** Makes the Secret before any webhook does: with an authority that serves, and an older one that is trusted as well. */
export async function seedCertificates(client: KubeClient): Promise<void> {
  const now = new Date();
  const lifetimeMs = authorityDays * dayMs + backdatedMs;
  const long = new Date(now.getTime() - (2 / 3) * lifetimeMs - dayMs);
  ageing = await issueAuthority({ commonName: 'ageing', now: long });
  const signer = await issueAuthority({ commonName: 'seed', now });
  const serving = await issueServing({ authority: signer, dnsNames, now });
  const data = formatMaterial({ authorities: [signer.cert, ageing.cert], signer, serving });
  const metadata = { name: secretName, namespace: system };
  await client.create(collection, {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata,
    data,
  });
}

/** Lets the Secret be as it would be months later: what signs and what is served come from the ageing authority. */
export async function ageCertificates(client: KubeClient): Promise<void> {
  if (ageing === undefined) throw new Error('no certificates: seedCertificates comes first');
  const serving = await issueServing({ authority: ageing, dnsNames, now: new Date() });
  const { authorities } = await storedCertificates(client);
  const data = formatMaterial({ authorities, signer: ageing, serving });
  await client.patch(secretPath, { data }, 'merge');
}

/** What the Secret holds; throws where there is none. */
export async function storedCertificates(client: KubeClient): Promise<Material> {
  return parseMaterial(objectAt(await client.get(secretPath), 'data'));
}

export async function deleteCertificates(client: KubeClient): Promise<void> {
  await client.delete(secretPath);
}

/** A `caBundle` that trusts nobody whom we know. */
export async function foreignBundle(): Promise<string> {
  const { cert } = await issueAuthority({ commonName: 'somebody', now: new Date() });
  return Buffer.from(cert).toString('base64');
}
