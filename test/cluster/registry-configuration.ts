import type { TokenIssuer } from './token-server.ts';

/**
 * The passwords that there are, with their bcrypt hashes at the lowest cost: distribution compares one for every request, and
 * making one here would need a package. They guard registries on loopback for the length of a test, so they are no secrets.
 */
const bcryptHashes = {
  'first-password': '$2a$04$ZGbyQCpxPojg2e.SUzK4oepEoJwo7bSlTzLkMFXxjr/.XMC5IXIaG',
  'second-password': '$2a$04$x4MUMeM5Ac1MhS0kq/IuKuAKelNy88PP/ldB/dQiEaFZTE.UZsbv2',
} as const;
export type TestPassword = keyof typeof bcryptHashes;

/** Whom a registry lets in, for reading as for writing. */
export type RegistryAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'htpasswd'; readonly user: string; readonly password: TestPassword }
  | { readonly kind: 'token'; readonly issuer: TokenIssuer };

export interface RegistrySettings {
  /** Where it listens: `127.0.0.1:0` for a port of the system's choice. */
  readonly address: string;
  readonly storageFolder: string;
  readonly deleteEnabled: boolean;
  readonly tls?: { readonly certificatePath: string; readonly keyPath: string } | undefined;
  readonly auth: RegistryAuth;
  /** Where the file is that the kind of authentication needs: the passwords, or the keys of the token server. */
  readonly authPath: string;
  /** Pulls through from there what it does not have; takes no pushes then. */
  readonly proxy?: ProxyUpstream | undefined;
}

/** The upstream of a pull-through cache, which must answer when the cache starts. */
export interface ProxyUpstream {
  /** `http://127.0.0.1:40123` */
  readonly remoteurl: string;
}

/** The configuration of distribution, as JSON, which is YAML (distribution.github.io/distribution/about/configuration). */
export function registryConfiguration(settings: RegistrySettings): string {
  const { address, storageFolder, deleteEnabled, tls, proxy } = settings;
  return JSON.stringify({
    version: '0.1',
    // The start is read off the log, at level info.
    log: { level: 'info', accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory: storageFolder },
      delete: { enabled: deleteEnabled },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: {
      addr: address,
      ...(tls && { tls: { certificate: tls.certificatePath, key: tls.keyPath } }),
    },
    ...authSection(settings),
    ...(proxy && { proxy }),
  });
}

function authSection({ auth, authPath }: RegistrySettings): object {
  switch (auth.kind) {
    case 'none':
      return {};
    case 'htpasswd':
      return { auth: { htpasswd: { realm: 'test registry', path: authPath } } };
    case 'token': {
      const { realm, service, issuer } = auth.issuer;
      return { auth: { token: { realm, service, issuer, jwks: authPath } } };
    }
  }
}

/** What the file at `authPath` holds. */
export function authFile(auth: RegistryAuth): string {
  switch (auth.kind) {
    case 'none':
      return '';
    case 'htpasswd':
      return `${auth.user}:${bcryptHashes[auth.password]}\n`;
    case 'token':
      return JSON.stringify(auth.issuer.jwks);
  }
}
