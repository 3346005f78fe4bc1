import { asUrl } from './url.ts';

/** Where the next page of a list is, as `Link: <…>; rel="next"` says (RFC 8288). */
export type NextPage =
  | { readonly kind: 'last' }
  | { readonly kind: 'next'; readonly target: string }
  | { readonly kind: 'elsewhere'; readonly detail: string };

const linkPattern = /<([^<>]*)>((?:\s*;\s*[^\s=;,<>]+(?:\s*=(?:\s*(?:"[^"<>]*"|[^\s";,<>]+))?)?)*)/g;
const relationPattern = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]*))/i;

/** Path and query of the next page. Only on the origin of this one: the credential is sent along. */
export function nextPage(link: string, page: URL): NextPage {
  for (const [, target = '', parameters = ''] of link.matchAll(linkPattern)) {
    const [, inQuotes, bare = ''] = relationPattern.exec(parameters) ?? [];
    if (!(inQuotes ?? bare).toLowerCase().split(/\s+/).includes('next')) continue;
    const url = asUrl(target, page);
    if (url === undefined) return { kind: 'elsewhere', detail: 'the link to the next page is no URL' };
    if (url.origin !== page.origin || url.username !== '' || url.password !== '') {
      return { kind: 'elsewhere', detail: `the next page is said to be at ${url.protocol}//${url.host}` };
    }
    return { kind: 'next', target: `${url.pathname}${url.search}` };
  }
  return { kind: 'last' };
}
