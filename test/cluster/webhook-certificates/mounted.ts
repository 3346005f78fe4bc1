import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertificatePair } from '../../../src/certs/certificate-source.ts';

/** A TLS Secret as a kubelet mounts it. */
export interface MountedSecret {
  readonly certFile: string;
  readonly keyFile: string;
  /** Swaps the one link that both files lie behind, as kubelets do (pkg/volume/util/atomic_writer.go). */
  readonly update: (pair: CertificatePair) => Promise<void>;
  readonly remove: () => Promise<void>;
}

export async function mountSecret(first: CertificatePair): Promise<MountedSecret> {
  const folder = await mkdtemp(join(tmpdir(), 'pinstream-mount-'));
  let versions = 0;
  const update = async ({ cert, key }: CertificatePair): Promise<void> => {
    const version = `..v${(versions += 1)}`;
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, 'tls.crt'), cert);
    await writeFile(join(folder, version, 'tls.key'), key);
    await symlink(version, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  await update(first);
  const [certFile = '', keyFile = ''] = ['tls.crt', 'tls.key'].map((name) => join(folder, name));
  await symlink(join('..data', 'tls.crt'), certFile);
  await symlink(join('..data', 'tls.key'), keyFile);
  return { certFile, keyFile, update, remove: () => rm(folder, { recursive: true }) };
}

/** The authority renewed as cert-manager does with `rotationPolicy: Never`: another certificate of the same name and key. */
export async function renewAuthority({ key }: CertificatePair, name: string): Promise<CertificatePair> {
  const folder = await mkdtemp(join(tmpdir(), 'pinstream-authority-'));
  try {
    await writeFile(join(folder, 'ca.key'), key, { mode: 0o600 });
    const line = `req -x509 -new -key ca.key -subj /CN=${name} -days 30 -out ca.crt`;
    execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'ignore' });
    return { cert: await readFile(join(folder, 'ca.crt'), 'utf8'), key };
  } finally {
    await rm(folder, { recursive: true });
  }
}
