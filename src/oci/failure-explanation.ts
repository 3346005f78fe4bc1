import type { RegistryFailure } from './failure.ts';

/**
 * One line that a person can act on: what happened, with which credential, and the way out. What happens again is said in
 * the same words again, so there is no time in it.
 */
export function failureExplanation(failure: RegistryFailure): string {
  const said = failure.detail === '' ? '' : ` (${failure.detail})`;
  const advice = failureAdvice(failure);
  return `${whatOf(failure)}${said}${advice === '' ? '' : `; ${advice}`}`;
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

/** What a person can do about it; empty where that follows from what happened. */
export function failureAdvice(failure: RegistryFailure): string {
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
      return failure.credential === undefined
        ? 'a pull secret often has a higher limit; it is tried again'
        : 'it is tried again';
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
    case 'serverError':
    case 'paused':
      return 'it is tried again';
    case 'unsupported':
    case 'tooLarge':
    case 'malformed':
    case 'redirect':
      return '';
  }
}
