import { describe, expect, test } from '@jest/globals';
import { coversRegistry, judgeRegistry } from '../../src/policy/registry-rules.ts';
import { parseReference } from '../../src/reference/parse.ts';

const internal = 'registry.internal.example:5000';
const digest = `sha256:${'a'.repeat(64)}`;
const otherDigest = `sha256:${'b'.repeat(64)}`;

function judge(image: string, rules: { allowed?: string[]; blocked?: string[] }) {
  const parsed = parseReference(image);
  if (!parsed.ok) throw new Error(`${image}: ${parsed.error}`);
  const sources = { allowedRegistries: rules.allowed ?? [], blockedRegistries: rules.blocked ?? [] };
  const verdict = judgeRegistry(parsed.reference, sources, internal);
  return verdict.allowed ? 'allowed' : verdict.reason;
}

describe('blocked registries', () => {
  test.each([
    ['a host', 'evil.example', 'evil.example/a/b:1', 'RegistryBlocked'],
    ['a host, on any port', 'evil.example', 'evil.example:8443/a/b:1', 'RegistryBlocked'],
    ['a host with a port, on that port', 'evil.example:8443', 'evil.example:8443/a/b:1', 'RegistryBlocked'],
    ['a host with a port, not on another', 'evil.example:8443', 'evil.example/a/b:1', 'allowed'],
    ['a host, however it is written', 'evil.example', 'EVIL.example/a/b:1', 'RegistryBlocked'],
    ['not a host that ends alike', 'evil.example', 'notevil.example/a/b:1', 'allowed'],
    ['not a host that begins alike', 'evil.example', 'evil.example.org/a/b:1', 'allowed'],
    ['all hosts below a domain', '*.evil.example', 'a.b.evil.example/x/y', 'RegistryBlocked'],
    ['not the domain itself', '*.evil.example', 'evil.example/x/y', 'allowed'],
    ['a path', 'quay.io/acme', 'quay.io/acme/app:1', 'RegistryBlocked'],
    ['a repository', 'quay.io/acme/app', 'quay.io/acme/app:1', 'RegistryBlocked'],
    ['not a path that begins alike', 'quay.io/acme', 'quay.io/acmecorp/app:1', 'allowed'],
    ['Docker Hub for names without a registry', 'docker.io', 'nginx:1.27', 'RegistryBlocked'],
    ['Docker Hub under its other names', 'index.docker.io', 'docker.io/library/nginx', 'RegistryBlocked'],
    ['its library for short names', 'docker.io/library', 'nginx:1.27', 'RegistryBlocked'],
    ['and nothing else of it', 'docker.io/library', 'acme/app:1', 'allowed'],
    ['all hosts below a domain, on any port', '*.evil.example', 'a.evil.example:8443/x/y', 'RegistryBlocked'],
    ['a tag', 'quay.io/acme/app:1', 'quay.io/acme/app:1', 'RegistryBlocked'],
    ['a tag, on any port', 'quay.io/acme/app:1', 'quay.io:8443/acme/app:1', 'RegistryBlocked'],
    ['not another tag', 'quay.io/acme/app:1', 'quay.io/acme/app:12', 'allowed'],
    ['not a tag below it', 'quay.io/acme:1', 'quay.io/acme/app:1', 'allowed'],
    ['the tag that is meant without one', 'docker.io/library/nginx:latest', 'nginx', 'RegistryBlocked'],
    ['a tag with a digest beside it', 'quay.io/a/b:1', `quay.io/a/b:1@${digest}`, 'RegistryBlocked'],
    ['not what has a digest alone', 'quay.io/a/b:1', `quay.io/a/b@${digest}`, 'allowed'],
    ['a digest', `quay.io/a/b@${digest}`, `quay.io/a/b@${digest}`, 'RegistryBlocked'],
    ['a digest with a tag beside it', `quay.io/a/b@${digest}`, `quay.io/a/b:1@${digest}`, 'RegistryBlocked'],
    [
      'a digest, however it is written',
      `q.io/b@${digest.toUpperCase()}`,
      `q.io/b@${digest}`,
      'RegistryBlocked',
    ],
    ['not another digest', `quay.io/a/b@${digest}`, `quay.io/a/b@${otherDigest}`, 'allowed'],
    ['not the digest elsewhere', `quay.io/a/b@${digest}`, `quay.io/a/c@${digest}`, 'allowed'],
    ['not a tag of it', `quay.io/a/b@${digest}`, 'quay.io/a/b:1', 'allowed'],
    ['nothing by an empty entry', '', 'quay.io/a/b', 'allowed'],
    ['not the internal registry', 'registry.internal.example', `${internal}/shop/app:1`, 'allowed'],
  ])('%s (%s, %s): %s', (_title, entry, image, expected) => {
    expect(judge(image, { blocked: [entry] })).toBe(expected);
  });
});

describe('allowed registries', () => {
  test.each([
    ['none listed: all', [], 'anything.example/x/y', 'allowed'],
    ['a listed host', ['quay.io'], 'quay.io/a/b', 'allowed'],
    ['a listed host on a port that is not listed', ['quay.io'], 'quay.io:8443/a/b', 'RegistryNotAllowed'],
    ['a listed host and port', ['quay.io:8443'], 'quay.io:8443/a/b', 'allowed'],
    ['a host that is not listed', ['quay.io'], 'ghcr.io/a/b', 'RegistryNotAllowed'],
    ['a host that ends like a listed one', ['quay.io'], 'evilquay.io/a/b', 'RegistryNotAllowed'],
    ['a short name without Docker Hub', ['quay.io'], 'nginx', 'RegistryNotAllowed'],
    ['a short name with Docker Hub', ['docker.io'], 'nginx', 'allowed'],
    ['the internal registry, listed or not', ['quay.io'], `${internal}/shop/app`, 'allowed'],
    ['a path that is listed', ['quay.io/acme'], 'quay.io/acme/team/app', 'allowed'],
    ['a path that is not', ['quay.io/acme'], 'quay.io/other/app', 'RegistryNotAllowed'],
    ['a host below a listed domain', ['*.acme.example'], 'a.b.acme.example/x', 'allowed'],
    ['a host below a listed domain, on any port', ['*.acme.example'], 'a.acme.example:8443/x', 'allowed'],
    ['the listed domain itself', ['*.acme.example'], 'acme.example/x', 'RegistryNotAllowed'],
    ['a host below a domain on a port, on it', ['*.acme.example:5000'], 'a.acme.example:5000/x', 'allowed'],
    ['and not on another', ['*.acme.example:5000'], 'a.acme.example/x', 'RegistryNotAllowed'],
    ['a tag that is listed', ['quay.io/a/b:1'], 'quay.io/a/b:1', 'allowed'],
    ['a tag that is not', ['quay.io/a/b:1'], 'quay.io/a/b:2', 'RegistryNotAllowed'],
    [
      'whatever digest beside a listed tag',
      ['quay.io/a/b:1'],
      `quay.io/a/b:1@${digest}`,
      'RegistryNotAllowed',
    ],
    ['a digest that is listed', [`quay.io/a/b@${digest}`], `quay.io/a/b@${digest}`, 'allowed'],
    ['a listed digest, whatever tag is beside it', [`q.io/b@${digest}`], `q.io/b:9@${digest}`, 'allowed'],
    ['a digest that is not', [`quay.io/a/b@${digest}`], `quay.io/a/b@${otherDigest}`, 'RegistryNotAllowed'],
    ['an entry that names nothing', [''], 'quay.io/a/b', 'RegistryNotAllowed'],
  ])('%s (%s, %s): %s', (_title, allowed, image, expected) => {
    expect(judge(image, { allowed })).toBe(expected);
  });

  test('blocking wins over allowing', () => {
    expect(judge('quay.io/acme/app', { allowed: ['quay.io'], blocked: ['quay.io/acme'] })).toBe(
      'RegistryBlocked',
    );
  });
});

describe('insecure registries', () => {
  test.each([
    ['a host', 'lab.example', 'lab.example/a/b', true],
    ['not another port of it', 'lab.example', 'lab.example:5000/a/b', false],
    ['hosts below a domain, on any port', '*.lab.example', 'r.lab.example:5000/a/b', true],
    ['a repository', 'lab.example/a/b', 'lab.example/a/b:1', true],
    ['not a repository that begins alike', 'lab.example/a/b', 'lab.example/a/bc', false],
    ['a tag', 'lab.example/a/b:1', 'lab.example/a/b:1', true],
  ])('%s (%s, %s): %s', (_title, entry, image, expected) => {
    const parsed = parseReference(image);
    expect(parsed.ok && coversRegistry([entry], parsed.reference)).toBe(expected);
  });
});
