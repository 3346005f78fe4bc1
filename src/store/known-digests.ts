import { digestBytes } from './bytes.ts';
import { hashOf } from './digest-hash.ts';

/** Whether the record of one of a group of owners has the digest that is at `at` of `bytes`. */
export type Holds = (group: number, bytes: Uint8Array, at: number) => boolean;

/** Owners are known by their number in so many groups. */
export const ownerGroups = 0x10000;

const shards = 512;
const leastSlots = 8;
/** Slots are for so many parts of what is in them, and grow by so much: a little more time for a lot less memory. */
const loadMax = 0.85;
const growth = 1.3;

/**
 * Which digests are in any record, at five bytes a digest: the digests themselves are in the records already. One that a single
 * owner has is an entry of 32 bits, 16 of its hash and 16 of the owner's number, in a shard by 9 further bits of the hash (open
 * addressing, so that a shard grows by itself in microseconds). One that several have is counted.
 */
export class KnownDigests {
  readonly #holds: Holds;
  readonly #shards: (Uint32Array | undefined)[] = Array.from({ length: shards }, () => undefined);
  readonly #used = new Uint32Array(shards);
  readonly #shared = new Map<string, number>();

  constructor(holds: Holds) {
    this.#holds = holds;
  }

  has(bytes: Buffer, at: number): boolean {
    return this.#owner(hashOf(bytes, at), bytes, at) !== undefined || this.#shared.has(keyOf(bytes, at));
  }

  /** To be called before the owner's own record can be found. */
  add(bytes: Buffer, at: number, owner: number): void {
    if (this.#shared.size > 0) {
      const key = keyOf(bytes, at);
      const count = this.#shared.get(key);
      if (count !== undefined) {
        this.#shared.set(key, count + 1);
        return;
      }
    }
    const hash = hashOf(bytes, at);
    const shard = shardOf(hash);
    const mark = markOf(hash);
    const slots = this.#roomy(shard);
    let slot = homeOf(mark, slots.length);
    for (let entry = slots[slot] ?? 0; entry !== 0; entry = slots[slot] ?? 0) {
      if (entry >>> 16 === mark && this.#holds(entry & 0xffff, bytes, at)) {
        this.#used[shard] = (this.#used[shard] ?? 0) - 1;
        closeGap(slots, slot);
        this.#shared.set(keyOf(bytes, at), 2);
        return;
      }
      slot = slot + 1 === slots.length ? 0 : slot + 1;
    }
    slots[slot] = entryOf(mark, owner % ownerGroups);
    this.#used[shard] = (this.#used[shard] ?? 0) + 1;
  }

  remove(bytes: Buffer, at: number, owner: number): void {
    const key = this.#shared.size === 0 ? '' : keyOf(bytes, at);
    const count = this.#shared.get(key);
    if (count === undefined) this.#delete(hashOf(bytes, at), owner % ownerGroups);
    else if (count > 1) this.#shared.set(key, count - 1);
    else this.#shared.delete(key);
  }

  /** The group whose record has it, of those that do not share it. */
  #owner(hash: number, bytes: Buffer, at: number): number | undefined {
    const slots = this.#shards[shardOf(hash)];
    if (slots === undefined) return undefined;
    const mark = markOf(hash);
    for (let slot = homeOf(mark, slots.length); ; slot = slot + 1 === slots.length ? 0 : slot + 1) {
      const entry = slots[slot] ?? 0;
      if (entry === 0) return undefined;
      if (entry >>> 16 === mark && this.#holds(entry & 0xffff, bytes, at)) return entry & 0xffff;
    }
  }

  /** The slots of a shard, with room for one more. */
  #roomy(shard: number): Uint32Array {
    const slots = this.#shards[shard] ?? new Uint32Array(leastSlots);
    this.#shards[shard] = slots;
    if ((this.#used[shard] ?? 0) < slots.length * loadMax) return slots;
    const larger = new Uint32Array(Math.ceil(slots.length * growth) + 1);
    for (const entry of slots) if (entry !== 0) place(larger, entry);
    this.#shards[shard] = larger;
    return larger;
  }

  #delete(hash: number, group: number): void {
    const shard = shardOf(hash);
    const slots = this.#shards[shard];
    const wanted = entryOf(markOf(hash), group);
    if (slots === undefined) return;
    let slot = homeOf(markOf(hash), slots.length);
    while (slots[slot] !== wanted) {
      if (slots[slot] === 0) return;
      slot = slot + 1 === slots.length ? 0 : slot + 1;
    }
    this.#used[shard] = (this.#used[shard] ?? 0) - 1;
    closeGap(slots, slot);
  }
}

function entryOf(mark: number, group: number): number {
  return ((mark << 16) | group) >>> 0;
}

/** An entry is never 0, which is a slot that is free. */
function place(slots: Uint32Array, entry: number): void {
  let slot = homeOf(entry >>> 16, slots.length);
  while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1;
  slots[slot] = entry;
}

/** Empties a slot, and moves up what would not be found behind it any more. */
function closeGap(slots: Uint32Array, emptied: number): void {
  let gap = emptied;
  slots[gap] = 0;
  for (let slot = (gap + 1) % slots.length; ; slot = (slot + 1) % slots.length) {
    const entry = slots[slot] ?? 0;
    if (entry === 0) return;
    const distance = (slot - homeOf(entry >>> 16, slots.length) + slots.length) % slots.length;
    if (distance < (slot - gap + slots.length) % slots.length) continue;
    slots[gap] = entry;
    slots[slot] = 0;
    gap = slot;
  }
}

function shardOf(hash: number): number {
  return hash >>> 23;
}

/** 16 bits, not all of them 0. */
function markOf(hash: number): number {
  return hash & 0xffff || 1;
}

function homeOf(mark: number, slots: number): number {
  return Math.floor((mark * slots) / 0x10000);
}

function keyOf(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + digestBytes);
}
