import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

export type Body =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly code: 400 | 413 | 415; readonly message: string };

const unpack = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

/**
 * Reads a request's body, at most `bytesMax` of it, packed or not. The rest of a body that is too large is thrown away.
 * Rejects only when the client breaks off.
 */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.resolve(tooLarge(bytesMax));
  const encoding = request.headers['content-encoding'] ?? 'identity';
  // Listeners, since an async iterator is dear on this path, and ends the socket when it is left before the end.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= bytesMax) {
        chunks.push(chunk);
        return;
      }
      // Many clients read no answer before they have sent all, and lose it when the connection ends under them: so the
      // rest flows on into nothing, at most until the server's time limit for requests.
      chunks.length = 0;
      resolve(tooLarge(bytesMax));
    });
    request.on('end', () => {
      if (length > bytesMax) return;
      const [first] = chunks;
      const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, length);
      resolve(isPlain(encoding) ? { ok: true, bytes } : decode(bytes, encoding, bytesMax));
    });
    request.on('error', reject);
  });
}

async function decode(bytes: Buffer, encoding: string, bytesMax: number): Promise<Body> {
  const name = encoding.trim().toLowerCase();
  if (!isKnown(name)) {
    return {
      ok: false,
      code: 415,
      message: `content-encoding "${name}" is not known; use gzip, deflate, br or none`,
    };
  }
  try {
    return { ok: true, bytes: await unpack[name](bytes, { maxOutputLength: bytesMax }) };
  } catch (error) {
    if (error instanceof RangeError) return tooLarge(bytesMax);
    return { ok: false, code: 400, message: `the body is not valid ${name}` };
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
