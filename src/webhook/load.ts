/** Why a request is not worked on. `late`: its caller has stopped waiting. */
export const shedReasons = ['concurrency', 'memory', 'late'] as const;
export type ShedReason = (typeof shedReasons)[number];

/** What is said to those who are not worked on; the failure policy governs what becomes of their objects. */
export const shedMessages: Readonly<Record<ShedReason, string>> = {
  concurrency:
    'Pinstream is too busy: too many requests wait for registries or the API server; try again in a second',
  memory: 'Pinstream is too busy: too many large requests at the same time; try again in a second',
  late: 'Pinstream is too busy: it came to this request after the time that its caller waits',
};

/** How much of one kind of request there may be at the same time. */
export interface LoadLimits {
  /** Bytes of bodies that have not come to their end. */
  readonly receivingBytesMax: number;
  /** How much of that large bodies may have. The rest is for small ones, so that a few large ones never keep these out. */
  readonly largeBytesMax: number;
  /** Bodies that are being unpacked, each of which may grow to the largest body there may be. */
  readonly unpackingMax: number;
  /** Requests that wait for somebody else's answer. */
  readonly waitingMax: number;
  /** Bytes of their bodies. */
  readonly waitingBytesMax: number;
}

/** A body on its way here. */
export interface Receiving {
  /** Asks for room for so many more bytes; false: there is none, and the body must be given up. */
  take(bytes: number): boolean;
  /** It has come to its end, or is given up; once more does nothing. */
  end(): void;
}

interface Received {
  readonly startedMs: number;
  readonly giveUp: () => void;
  bytes: number;
}

/** Most reviews are far smaller. */
export const smallBodyBytesMax = 256 * 1024;
/** So long nobody's body is given up for another's: an API server has sent its own long before. */
export const bodyGraceMs = 1000;

/**
 * Bounds what requests of one kind take of the process. Only what waits is counted as concurrency: what memory can answer is
 * answered at once, however many others wait. A body that dawdles makes room for one that comes, so that whoever sends
 * slowly holds up nobody.
 */
export class Load {
  readonly #limits: LoadLimits;
  /** Those that began first come first. */
  readonly #receiving = new Set<Received>();
  #receivingBytes = 0;
  #unpacking = 0;
  #waiting = 0;
  #waitingBytes = 0;

  constructor(limits: LoadLimits) {
    this.#limits = limits;
  }

  /**
   * @param startedMs when its request came; times are those of one clock that never jumps
   * @param giveUp told when another body needs the room; it ends this one
   */
  receive(startedMs: number, giveUp: () => void): Receiving {
    const received: Received = { startedMs, giveUp, bytes: 0 };
    this.#receiving.add(received);
    return {
      take: (bytes) => this.#take(received, bytes),
      end: () => {
        if (this.#receiving.delete(received)) this.#receivingBytes -= received.bytes;
      },
    };
  }

  /** Whether one more body may be unpacked; who may says so when it is done, by `unpacked`. */
  mayUnpack(): boolean {
    if (this.#unpacking >= this.#limits.unpackingMax) return false;
    this.#unpacking += 1;
    return true;
  }

  unpacked(): void {
    this.#unpacking -= 1;
  }

  /** Lets a request with so large a body wait, until `waited`; else why it may not. */
  wait(bytes: number): ShedReason | undefined {
    const { waitingMax, waitingBytesMax } = this.#limits;
    if (this.#waiting >= waitingMax) return 'concurrency';
    if (this.#waitingBytes + bytes > waitingBytesMax) return 'memory';
    this.#waiting += 1;
    this.#waitingBytes += bytes;
    return undefined;
  }

  waited(bytes: number): void {
    this.#waiting -= 1;
    this.#waitingBytes -= bytes;
  }

  #take(received: Received, bytes: number): boolean {
    const { receivingBytesMax, largeBytesMax } = this.#limits;
    const room = (received.bytes + bytes <= smallBodyBytesMax ? receivingBytesMax : largeBytesMax) - bytes;
    if (this.#receivingBytes > room) this.#makeRoom(received, room);
    if (this.#receivingBytes > room) return false;
    received.bytes += bytes;
    this.#receivingBytes += bytes;
    return true;
  }

  /** Gives up bodies that dawdle, until the others hold no more than `room`. */
  #makeRoom(newcomer: Received, room: number): void {
    for (const received of this.#receiving) {
      if (this.#receivingBytes <= room || newcomer.startedMs - received.startedMs < bodyGraceMs) return;
      if (received.bytes > 0) received.giveUp();
    }
  }
}
