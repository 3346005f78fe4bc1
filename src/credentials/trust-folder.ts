import { X509Certificate } from 'node:crypto';
import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, stringAt } from '../json/untyped.ts';

/** One file of certificates, and the registry that it is for: "reg.example:5000", or "reg.example" for any port. */
export interface TrustFile {
  readonly path: string;
  readonly registry: string;
  /** Changes whenever the file does. */
  readonly signature: string;
}

export interface TrustFolder {
  readonly files: readonly TrustFile[];
  /** What could not be looked at, a sentence each. */
  readonly problems: readonly string[];
}

/** What a file holds: its certificates, one PEM text each, and what is wrong with the rest of it. */
export interface TrustFileContent {
  readonly certificates: readonly string[];
  readonly problem?: string;
}

const filesMax = 2000;
const bytesMax = 1024 * 1024;

/**
 * Looks at a folder of certificates in both layouts that people have:
 *
 * - docker's and podman's `certs.d`: `HOST[:PORT]/*.crt` (`.cert` and `.key` there are client certificates: not ours);
 * - OpenShift's additionalTrustedCA, a mounted ConfigMap: `HOST` or `HOST..PORT` (a key may hold no colon), also with
 *   `.crt` or `.pem` behind.
 *
 * Hidden names are passed over: a mounted ConfigMap keeps its versions in them. Throws when the folder cannot be listed.
 */
export async function lookAtTrustFolder(folder: string): Promise<TrustFolder> {
  const files: TrustFile[] = [];
  const problems: string[] = [];
  const look = async (path: string, task: (stats: Stats) => Promise<void> | void): Promise<void> => {
    try {
      await task(await stat(path));
    } catch (error) {
      problems.push(`${path} ${problemOf(error)}`);
    }
  };
  const add = (path: string, registry: string, stats: Stats): void => {
    if (stats.isFile()) files.push({ path, registry, signature: signatureOf(stats) });
  };
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    await look(path, async (stats) => {
      add(path, registryOf(name.replace(/\.(crt|pem)$/, '')), stats);
      const inner = stats.isDirectory() ? await namesIn(path) : [];
      for (const file of inner.filter((candidate) => candidate.endsWith('.crt'))) {
        await look(join(path, file), (innerStats) => {
          add(join(path, file), registryOf(name), innerStats);
        });
      }
    });
  }
  if (files.length > filesMax)
    problems.push(`${folder} has more than ${filesMax} files; the last are not used`);
  return { files: files.slice(0, filesMax), problems };
}

/** Reads one file. Never throws; a certificate that cannot be read does not spoil the others. */
export async function readTrustFile(path: string): Promise<TrustFileContent> {
  try {
    const { size } = await stat(path);
    if (size > bytesMax) return { certificates: [], problem: `is over ${bytesMax} bytes` };
    const blocks = pemBlocks(await readFile(path, 'latin1'));
    const certificates = blocks.filter(isCertificate);
    if (blocks.length === 0) return { certificates, problem: 'holds no PEM certificate' };
    const broken = blocks.length - certificates.length;
    return broken === 0
      ? { certificates }
      : { certificates, problem: `holds ${broken} PEM block(s) that are not a certificate` };
  } catch (error) {
    return { certificates: [], problem: problemOf(error) };
  }
}

/** Why a file or folder cannot be used, to be put behind its name. */
export function problemOf(error: unknown): string {
  const code = isObject(error) ? stringAt(error, 'code') : undefined;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'ENOTDIR') return 'is not a folder';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this process';
  return `cannot be read (${code ?? String(error)})`;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
}

function registryOf(name: string): string {
  return name.toLowerCase().replace(/\.\.(\d+)$/, ':$1');
}

/** Inode and change time are there for a mounted ConfigMap, whose links are swapped under the same name. */
function signatureOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
}

function pemBlocks(text: string): readonly string[] {
  const begin = '-----BEGIN CERTIFICATE-----';
  const end = '-----END CERTIFICATE-----';
  const blocks: string[] = [];
  for (let from = text.indexOf(begin); from >= 0;) {
    const to = text.indexOf(end, from);
    if (to < 0) return [...blocks, text.slice(from)];
    blocks.push(`${text.slice(from, to + end.length)}\n`);
    from = text.indexOf(begin, to);
  }
  return blocks;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== '';
  } catch {
    return false;
  }
}
