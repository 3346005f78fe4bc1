import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Load } from './load.ts';

export type Body =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly code: 400 | 413 | 415; readonly message: string }
  /** There is no memory for it at the moment. */
  | { readonly ok: false; readonly code: 503; readonly shed: 'memory' };

const unpack = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

export interface BodyRules {
  /** The most of it that is read, packed or not. */
  readonly bytesMax: number;
  /** Where it is counted. */
  readonly load: Load;
  /** When its request came. */
  readonly startedMs: number;
}

/**
 * Reads a request's body. The rest of one that is too large, or for which there is no room, is thrown away. Rejects only when
 * the client breaks off.
 */
export function readBody(request: IncomingMessage, rules: BodyRules): Promise<Body> {
  const { bytesMax, load, startedMs } = rules;
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.resolve(tooLarge(bytesMax));
  const encoding = request.headers['content-encoding'] ?? 'identity';
  // Listeners, since an async iterator is dear on this path, and ends the socket when it is left before the end.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let refused = false;
    // Many clients read no answer before they have sent all, and lose it when the connection ends under them: so the
    // rest flows on into nothing, at most until the server's time limit for requests.
    const refuse = (body: Body): void => {
      refused = true;
      chunks.length = 0;
      receiving.end();
      resolve(body);
    };
    const receiving = load.receive(startedMs, () => refuse(noMemory));
    request.on('data', (chunk: Buffer) => {
      if (refused) return;
      length += chunk.length;
      if (length > bytesMax) refuse(tooLarge(bytesMax));
      else if (receiving.take(chunk.length)) chunks.push(chunk);
      else refuse(noMemory);
    });
    request.on('end', () => {
      receiving.end();
      if (refused) return;
      const [first] = chunks;
      const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, length);
      resolve(isPlain(encoding) ? { ok: true, bytes } : decode(bytes, encoding, rules));
    });
    request.on('error', (error) => {
      receiving.end();
      reject(error);
    });
  });
}

async function decode(bytes: Buffer, encoding: string, { bytesMax, load }: BodyRules): Promise<Body> {
  const name = encoding.trim().toLowerCase();
  if (!isKnown(name)) {
    return {
      ok: false,
      code: 415,
      message: `content-encoding "${name}" is not known; use gzip, deflate, br or none`,
    };
  }
  if (!load.mayUnpack()) return noMemory;
  try {
    return { ok: true, bytes: await unpack[name](bytes, { maxOutputLength: bytesMax }) };
  } catch (error) {
    if (error instanceof RangeError) return tooLarge(bytesMax);
    return { ok: false, code: 400, message: `the body is not valid ${name}` };
  } finally {
    load.unpacked();
  }
}

function isPlain(encoding: string): boolean {
  const name = encoding.trim().toLowerCase();
  return name === 'identity' || name === '';
}

function isKnown(encoding: string): encoding is keyof typeof unpack {
  return Object.hasOwn(unpack, encoding);
}

function tooLarge(bytesMax: number): Body {
  return { ok: false, code: 413, message: `the body is larger than ${bytesMax} bytes` };
}

const noMemory: Body = { ok: false, code: 503, shed: 'memory' };
