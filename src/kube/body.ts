import { TransportError } from './transport-error.ts';

const newline = 0x0a;

/** Reads at most `bytesMax`; `complete` is false when there was more, which is then not read. */
export async function readUpTo(
  chunks: AsyncIterable<Buffer>,
  bytesMax: number,
): Promise<{ readonly text: string; readonly complete: boolean }> {
  const read: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    read.push(chunk);
    size += chunk.length;
    if (size > bytesMax) break;
  }
  return { text: Buffer.concat(read).toString('utf8', 0, bytesMax), complete: size <= bytesMax };
}

/**
 * The lines of a stream, without their ends and without empty ones. What follows the last line end is dropped: it is
 * half an event of a connection that was cut. Throws a TransportError `tooLarge` for a line over `bytesMax`.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>, bytesMax: number): AsyncGenerator<string> {
  let started: Buffer[] = [];
  let startedBytes = 0;
  const keep = (piece: Buffer): void => {
    started.push(piece);
    startedBytes += piece.length;
    if (startedBytes > bytesMax) throw new TransportError('tooLarge', `a line is over ${bytesMax} bytes`);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      keep(chunk.subarray(from, end));
      from = end + 1;
      const line = Buffer.concat(started).toString('utf8').trimEnd();
      started = [];
      startedBytes = 0;
      if (line !== '') yield line;
    }
    keep(chunk.subarray(from));
  }
}
