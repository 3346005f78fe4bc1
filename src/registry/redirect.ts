import { failed, type Failed, type Outcome } from './cause.ts';
import { headerOf } from './headers.ts';
import type { HttpAnswer, HttpRequest } from './transport.ts';
import { asUrl } from './url.ts';

const hopsMax = 5;
const statuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and follows where it is redirected to: at most five times, over HTTPS only (unless `plainAllowed`), in
 * no circle. Once another origin is asked, the Authorization is gone for good.
 */
export async function sendFollowing(
  send: (request: HttpRequest) => Promise<Outcome<HttpAnswer>>,
  request: HttpRequest,
  plainAllowed: boolean,
): Promise<Outcome<HttpAnswer>> {
  const seen = new Set<string>();
  let current = request;
  for (;;) {
    const answer = await send(current);
    if (!answer.ok || !statuses.has(answer.value.status)) return answer;
    seen.add(current.url.href);
    const next = nextHop(current.url, headerOf(answer.value.headers, 'location'), plainAllowed);
    if (!next.ok) return next;
    if (seen.has(next.value.href)) return refused('it redirects in a circle');
    if (seen.size > hopsMax) return refused(`it redirects more than ${hopsMax} times`);
    const headers = next.value.origin === current.url.origin ? current.headers : anonymous(current.headers);
    current = { ...current, url: next.value, headers };
  }
}

/** Where a redirect leads. Messages name the origin only: paths and queries of signed addresses are secrets. */
function nextHop(from: URL, location: string, plainAllowed: boolean): Outcome<URL> {
  if (location === '') return refused('it redirects without saying where');
  const url = asUrl(location, from);
  if (url === undefined) return refused('it redirects to what is no URL');
  if (url.username !== '' || url.password !== '') {
    return refused(`it redirects to ${url.host} with a user name in the address`);
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && plainAllowed))
    return { ok: true, value: url };
  return refused(
    url.protocol === 'http:'
      ? `it redirects to ${url.host} over plain HTTP`
      : `it redirects to an address of the kind ${url.protocol.slice(0, 20)}`,
  );
}

function anonymous(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
}

function refused(detail: string): Failed {
  return failed({ kind: 'redirect', detail });
}
