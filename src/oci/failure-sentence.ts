import type { RegistryFailure } from './failure.ts';

/** One line that a person can act on: what happened, where, with which credential, and the way out. */
export function failureSentence(failure: RegistryFailure): string {
  const { registry, repository, detail } = failure;
  const place = repository === '' ? registry : `${registry}/${repository}`;
  const said = detail === '' ? '' : ` (${detail})`;
  const wayOut = wayOutOf(failure);
  return `${place}: ${whatOf(failure)}${said}${wayOut === '' ? '' : `; ${wayOut}`}`;
}

function whatOf(failure: RegistryFailure): string {
  const { registry, credential } = failure;
  const shown = credential === undefined ? 'no credential was shown' : `${credential} was shown`;
  switch (failure.kind) {
    case 'notFound':
      return `${registry} has no such image; ${shown}`;
    case 'unauthorized':
      return credential === undefined
        ? `${registry} wants a credential, and none was found for it`
        : `${registry} wants another credential than ${credential}`;
    case 'wrongCredential':
      return `${registry} refused ${credential ?? 'the credential'}: wrong user name or password`;
    case 'denied':
      return `${registry} denied access; ${shown}`;
    case 'rateLimited':
      return `too many requests to ${registry}; ${shown}`;
    case 'unreachable':
      return `${registry} cannot be reached`;
    case 'timeout':
      return `${registry} gave no complete answer in time`;
    case 'tls':
      return `the certificate of ${registry} is not trusted`;
    case 'plainHttp':
      return `${registry} speaks plain HTTP only`;
    case 'notARegistry':
      return `${registry} does not answer as an image registry`;
    case 'unsupported':
      return 'this kind of image cannot be imported';
    case 'integrity':
      return `${registry} sent other bytes than were asked for`;
    case 'tooLarge':
      return `the answer of ${registry} is too large`;
    case 'malformed':
      return `the answer of ${registry} cannot be read`;
    case 'redirect':
      return `${registry} redirects to where we do not follow`;
    case 'serverError':
      return `${registry} answered with HTTP status ${failure.status}`;
    case 'paused':
      return `${registry} failed several times in a row and is left alone for now`;
  }
}

function wayOutOf(failure: RegistryFailure): string {
  switch (failure.kind) {
    case 'notFound':
      return 'check the name and tag, or add a pull secret to the namespace if the image is private';
    case 'unauthorized':
      return failure.credential === undefined
        ? 'add a pull secret for it to the namespace'
        : 'give the namespace a pull secret that may read this repository';
    case 'wrongCredential':
      return 'renew it with the user name and password or token that the registry knows';
    case 'denied':
      return 'let this account read the repository, or use a pull secret that may';
    case 'rateLimited':
      return `it is tried again ${laterOf(failure.retryAfterMs)}${
        failure.credential === undefined ? '; a pull secret often has a higher limit' : ''
      }`;
    case 'unreachable':
      return 'check the host name, the port and the network between here and there';
    case 'tls':
      return 'add its authority with --registry-certs, or renew its certificate';
    case 'plainHttp':
      return 'set importPolicy.insecure on the tag or add it to registrySources.insecureRegistries';
    case 'notARegistry':
      return 'check the host name and the port';
    case 'integrity':
      return 'look for a broken proxy or cache between here and the registry';
    case 'timeout':
      return 'it is tried again later';
    case 'serverError':
    case 'paused':
      return `it is tried again ${laterOf(failure.retryAfterMs)}`;
    case 'unsupported':
    case 'tooLarge':
    case 'malformed':
    case 'redirect':
      return '';
  }
}

/** In seconds up to two minutes, then in minutes. */
function laterOf(ms: number | undefined): string {
  if (ms === undefined) return 'later';
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds <= 120 ? `in ${seconds} s` : `in ${Math.ceil(seconds / 60)} min`;
}
