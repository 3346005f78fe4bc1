import { crc32 } from 'node:zlib';

/** A layer as registries hold it, and the archive in it. */
export interface TarLayer {
  readonly tar: Buffer;
  readonly gzip: Buffer;
}

const blockBytes = 512;

/** An image layer that holds one small file. The same bytes on any Node: nothing is compressed, there is no time in it. */
export function tarLayer(name: string, content: string): TarLayer {
  const data = Buffer.from(content);
  const padding = Buffer.alloc((blockBytes - (data.length % blockBytes)) % blockBytes);
  const tar = Buffer.concat([tarHeader(name, data.length), data, padding, Buffer.alloc(2 * blockBytes)]);
  return { tar, gzip: storedGzip(tar) };
}

/** POSIX.1-1988 ustar: texts in fields of fixed width, numbers as octal digits. */
function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  const put = (at: number, text: string): void => void header.write(text, at, 'latin1');
  put(0, name);
  put(100, '0000644\0');
  put(108, '0000000\0');
  put(116, '0000000\0');
  put(124, `${size.toString(8).padStart(11, '0')}\0`);
  put(136, '00000000000\0');
  // The sum of all bytes of the header, where the sum's own field counts as spaces.
  put(148, ' '.repeat(8));
  put(156, '0');
  put(257, 'ustar\0' + '00');
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

/** RFC 1952 around one stored block of RFC 1951: what a compressor makes may differ between versions of zlib. */
function storedGzip(data: Buffer): Buffer {
  const lengthMax = 0xffff;
  if (data.length > lengthMax) throw new RangeError(`a test layer of more than ${lengthMax} bytes`);
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
  const block = Buffer.alloc(5);
  block.writeUInt8(1, 0);
  block.writeUInt16LE(data.length, 1);
  block.writeUInt16LE(lengthMax - data.length, 3);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(data), 0);
  trailer.writeUInt32LE(data.length, 4);
  return Buffer.concat([header, block, data, trailer]);
}
