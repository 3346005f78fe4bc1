import { LRUCache } from 'lru-cache';
import { isRefusal, failed, tellingRank, type Cause, type Failed, type Outcome } from './cause.ts';
import { chooseChallenge, isSameChallenge, type Challenge } from './challenge.ts';
import type { Clock } from './clock.ts';
import type { Credential } from './credential.ts';
import { orAborted, startDeadline } from './deadline.ts';
import { causeOfAnswer } from './errors.ts';
import { headerOf } from './headers.ts';
import type { Operation } from './operation.ts';
import type { RegistryRequest, Sender } from './sender.ts';
import { basicAuthorization, createTokens, fingerprintOf, type TokenRequest } from './token.ts';
import type { HttpAnswer } from './transport.ts';

/** Requests of the registry protocol with whatever credential is wanted: only an answer of status 200 is a value. */
export interface Client {
  request(operation: Operation, request: RegistryRequest): Promise<Outcome<HttpAnswer>>;
}

/** Which of the credentials (or none, the place after the last) a repository took, and what was said of the others. */
interface Choice {
  readonly place: number;
  readonly fingerprints: string;
  readonly notes: readonly string[];
  readonly untilMs: number;
}

interface Authorization {
  /** Undefined: none. */
  readonly header: string | undefined;
  /** The token was not asked for just now. */
  readonly kept?: TokenRequest;
}

const repositoriesMax = 20_000;
/** After this, refused credentials are tried again: they may have been mended at the registry. */
const choiceMs = 3_600_000;

/**
 * No ping: a request is sent as it is, and a 401 says what is wanted. That, and which credential was taken, is remembered,
 * so that the next time it is one request. Challenges are remembered apart for insecure access: who can stand in for such
 * a registry must not name the token service that credentials of a secure one are sent to.
 */
export function createClient(sender: Sender, clock: Clock, tokenMs: number): Client {
  const challenges = new LRUCache<string, Challenge>({ max: repositoriesMax });
  const choices = new LRUCache<string, Choice>({ max: repositoriesMax });
  const tokens = createTokens(clock);

  const authorize = async (
    operation: Operation,
    challenge: Challenge,
    credential: Credential | undefined,
  ): Promise<Outcome<Authorization>> => {
    if (challenge.scheme === 'basic') {
      if (credential === undefined) return { ok: true, value: { header: undefined } };
      if (credential.username === '' && credential.password === '') {
        return failed({ kind: 'unauthorized', detail: 'it wants a user name and password' });
      }
      return { ok: true, value: { header: basicAuthorization(credential) } };
    }
    const { host, query, signal, secrets } = operation;
    const request: TokenRequest = {
      registry: host.name,
      realm: challenge.realm,
      service: challenge.service,
      scope: `repository:${query.repository}:pull`,
      credential,
      plainAllowed: query.insecure,
    };
    const flight = tokens.get(request, async (httpRequest) => {
      // Others may wait for the same token: it does not end with who asked first.
      const deadline = startDeadline(tokenMs);
      try {
        return await sender.sendToken(operation, httpRequest, deadline.signal);
      } finally {
        deadline.release();
      }
    });
    const token = await orAborted(flight, signal);
    if (!token.ok) return token;
    secrets.add(token.value.text);
    const header = `Bearer ${token.value.text}`;
    return { ok: true, value: token.value.kept ? { header, kept: request } : { header } };
  };

  /** One credential, or none. A kept token that is refused, or a challenge that has changed, is worth a second round. */
  const attempt = async (
    operation: Operation,
    request: RegistryRequest,
    credential: Credential | undefined,
    first: Challenge,
    bareRefusal: Failed | undefined,
  ): Promise<Outcome<HttpAnswer>> => {
    const label = credential?.label;
    let challenge = first;
    for (let round = 0; ; round += 1) {
      const authorization = await authorize(operation, challenge, credential);
      if (!authorization.ok) return failed(authorization.cause, label);
      const { header, kept } = authorization.value;
      if (header === undefined && bareRefusal !== undefined) return bareRefusal;
      const answer = await sender.send(operation, request, header);
      if (!answer.ok) return failed(answer.cause, label);
      if (answer.value.status !== 401) return settle(answer.value, label);
      const asked = chooseChallenge(headerOf(answer.value.headers, 'www-authenticate'));
      const changed = asked !== undefined && !isSameChallenge(asked, challenge);
      if (kept !== undefined) tokens.drop(kept);
      if (round > 0 || (!changed && kept === undefined)) {
        return failed(refusalOf(answer.value, challenge, credential), label);
      }
      if (changed) {
        challenges.set(challengeKey(operation), asked);
        challenge = asked;
      }
    }
  };

  const refusalOf = (answer: HttpAnswer, challenge: Challenge, credential: Credential | undefined): Cause => {
    const cause = causeOfAnswer(answer, clock.now());
    if (challenge.scheme === 'basic' && credential !== undefined) {
      return { kind: 'wrongCredential', detail: cause.detail };
    }
    return isRefusal(cause) ? cause : { kind: 'unauthorized', detail: cause.detail };
  };

  const settle = (answer: HttpAnswer, label: string | undefined): Outcome<HttpAnswer> =>
    answer.status === 200 ? { ok: true, value: answer } : failed(causeOfAnswer(answer, clock.now()), label);

  return {
    async request(operation, request) {
      let challenge = challenges.get(challengeKey(operation));
      let bareRefusal: Failed | undefined;
      if (challenge === undefined) {
        const answer = await sender.send(operation, request, undefined);
        if (!answer.ok) return answer;
        if (answer.value.status !== 401) return settle(answer.value, undefined);
        challenge = chooseChallenge(headerOf(answer.value.headers, 'www-authenticate'));
        if (challenge === undefined) {
          const detail = 'it wants a credential and does not say of which kind (Bearer or Basic)';
          return failed({ kind: 'unauthorized', detail });
        }
        challenges.set(challengeKey(operation), challenge);
        bareRefusal = failed(refusalOf(answer.value, challenge, undefined));
      }
      const { credentials } = operation.choice;
      const fingerprints = credentials.map(fingerprintOf).join(' ');
      const key = choiceKey(operation);
      const known = choices.get(key);
      const current = known?.fingerprints === fingerprints && known.untilMs > clock.now() ? known : undefined;
      const refusals: Failed[] = [];
      for (const place of placesFrom(current?.place, credentials.length)) {
        const outcome = await attempt(operation, request, credentials[place], challenge, bareRefusal);
        if (!outcome.ok && isRefusal(outcome.cause)) {
          refusals.push(outcome);
          continue;
        }
        operation.used.label = outcome.ok ? (credentials[place]?.label ?? '') : '';
        const isKnown = current?.place === place;
        const notes = isKnown ? current.notes : refusedNotes(operation, refusals, credentials[place]);
        for (const note of notes) operation.notes.add(note);
        if (!isKnown && (outcome.ok || outcome.cause.kind === 'notFound')) {
          choices.set(key, { place, fingerprints, notes, untilMs: clock.now() + choiceMs });
        }
        return outcome;
      }
      choices.delete(key);
      return mostTelling(operation, refusals);
    },
  };
}

/** All places, the one that was taken last time first; the last place is "no credential". */
function placesFrom(start: number | undefined, credentials: number): readonly number[] {
  const all = Array.from({ length: credentials + 1 }, (_, place) => place);
  return start === undefined ? all : [start, ...all.filter((place) => place !== start)];
}

function refusedNotes(
  { query }: Operation,
  refusals: readonly Failed[],
  used: Credential | undefined,
): readonly string[] {
  const instead = used === undefined ? 'imported without a credential' : `${used.label} was used`;
  return labelsOf(refusals).map((label) => `${label} was refused by ${query.registry}; ${instead}`);
}

/** The refusal to report; the credentials that it does not name are named in notes. */
function mostTelling(operation: Operation, refusals: readonly Failed[]): Failed {
  const [best] = refusals.toSorted((one, other) => tellingRank(one.cause) - tellingRank(other.cause));
  if (best === undefined) throw new Error('no credential was tried, not even none');
  for (const label of labelsOf(refusals)) {
    if (label !== best.credential) operation.notes.add(`${label} was refused by ${operation.query.registry}`);
  }
  return best;
}

function labelsOf(refusals: readonly Failed[]): readonly string[] {
  return refusals.flatMap(({ credential }) => (credential === undefined ? [] : [credential]));
}

function challengeKey({ host, query }: Operation): string {
  return JSON.stringify([host.name, query.repository, query.insecure]);
}

function choiceKey({ host, query }: Operation): string {
  return JSON.stringify([host.name, query.repository, query.insecure, query.namespace]);
}
