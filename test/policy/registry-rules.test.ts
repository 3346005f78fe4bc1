import { describe, expect, test } from '@jest/globals';
import { judgeRegistry } from '../../src/policy/registry-rules.ts';
import { parseReference } from '../../src/reference/parse.ts';

const internal = 'registry.internal.example:5000';

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
  ])('%s (%s, %s): %s', (_title, allowed, image, expected) => {
    expect(judge(image, { allowed })).toBe(expected);
  });

  test('blocking wins over allowing', () => {
    expect(judge('quay.io/acme/app', { allowed: ['quay.io'], blocked: ['quay.io/acme'] })).toBe(
      'RegistryBlocked',
    );
  });
});
