import { failed, type Outcome } from './cause.ts';
import type { Client } from './client.ts';
import { causeOfNonJson, objectOf } from './errors.ts';
import { headerOf } from './headers.ts';
import type { Operation } from './operation.ts';
import { nextPage } from './paging.ts';

const pageSize = 1000;
/** 10,000 tags of the largest size. */
const pageBytesMax = 4 * 1024 * 1024;
const tagsMax = 100_000;
/** Enough for the smallest pages in use (50 tags). */
const pagesMax = 2000;
const tagPattern = /^\w[\w.-]{0,127}$/;

/** All tags of the repository, page by page; more than 100,000 are left out, with a note. */
export async function readTags(client: Client, operation: Operation): Promise<Outcome<readonly string[]>> {
  const { query, notes } = operation;
  const path = query.repository.split('/').map(encodeURIComponent).join('/');
  const seen = new Set<string>();
  const tags: string[] = [];
  let target = `/v2/${path}/tags/list?n=${pageSize}`;
  for (;;) {
    seen.add(target);
    const answer = await client.request(operation, {
      method: 'GET',
      target,
      accept: 'application/json',
      bytesMax: pageBytesMax,
    });
    if (!answer.ok) return answer;
    const page = namesOf(objectOf(answer.value.bytes));
    if (page === undefined) return failed(causeOfNonJson(answer.value));
    for (const tag of page) if (tagPattern.test(tag)) tags.push(tag);
    if (page.some((tag) => !tagPattern.test(tag))) notes.add('names that no tag can have were left out');
    if (tags.length > tagsMax) {
      notes.add(`it has more than ${tagsMax} tags; the others were left out`);
      return { ok: true, value: tags.slice(0, tagsMax) };
    }
    const next = nextPage(headerOf(answer.value.headers, 'link'), new URL(target, answer.value.url));
    if (next.kind === 'elsewhere') return failed({ kind: 'redirect', detail: next.detail });
    if (next.kind === 'last') return { ok: true, value: tags };
    if (seen.has(next.target))
      return failed({ kind: 'redirect', detail: 'its pages of tags go in a circle' });
    if (seen.size >= pagesMax) {
      return failed({ kind: 'tooLarge', detail: `its tags have more than ${pagesMax} pages` });
    }
    target = next.target;
  }
}

/** Null stands for none in some registries. */
function namesOf(page: object | undefined): readonly string[] | undefined {
  const names = page !== undefined && 'tags' in page ? page.tags : undefined;
  if (names === null) return [];
  return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : undefined;
}
