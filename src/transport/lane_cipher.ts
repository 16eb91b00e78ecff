/**
 * A cipher that shares a batch with other lanes, threads over the same packet
 * memory, and returns when all of it is done.
 *
 * ```text
 * lane 0   offer ─▶ run ─▶ run ─▶ run ─▶ wait for the others ─▶ batch is done
 * lane 1     ╰────▶ run ─▶ run ────────────────╯
 * lane 2     ╰────▶ run ─▶ run ─▶ run ─────────╯
 * ```
 *
 * So whoever has a batch sealed or opened sees nothing of lanes, and packets
 * keep their order. A lane that fails or does not come back takes the packets
 * of its batch with it; from then on the first lane works alone.
 *
 * @module
 */

import type { Cipher } from "./aead.ts";
import type { How, LaneShare } from "./lane_share.ts";
import {
  CIPHER_SCRATCH,
  DESCRIPTOR_LENGTH,
  MAXIMUM_LANES,
  SCRATCH_LENGTH,
} from "./layout.ts";
import { type PacketMemory, TAG_LENGTH } from "./memory.ts";

/** Bytes in a batch from which on it is shared, more than one train: less is done before a lane that sleeps has woken. */
const WORTH_SHARING = 65_536;
/** What a packet costs besides its bytes, in bytes. */
const PACKET_COST = 64;
/** Looks at what the others have done before the first lane sleeps. */
const LOOKS = 1_000;
/** Milliseconds in which the others must finish something. */
const PATIENCE = 2_000;

/** What a cipher of several lanes is made of. */
export interface LaneCipherOptions {
  /** Shared between the lanes. */
  memory: PacketMemory;
  share: LaneShare;
  /** The first lane's own cipher. */
  own: Cipher;
  /** A lane is lost, so the others are not asked any more: stops their threads before packet memory is used again. */
  onLost: () => void;
  /** Bytes in a batch from which on it is shared. */
  worthSharing?: number;
  /** Milliseconds in which the others must finish something. */
  patience?: number;
}

/** Takes runs of the batch that is offered until none is left. */
export function work(share: LaneShare, cipher: Cipher): void {
  while (share.take()) {
    try {
      run(cipher, share.how, share.descriptors, share.length);
    } catch (error) {
      share.fail();
      throw error;
    }
    share.finish();
  }
}

function run(
  cipher: Cipher,
  how: How,
  descriptors: number,
  count: number,
): void {
  if (how === "seal") cipher.sealBatch(descriptors, count);
  else cipher.openBatch(descriptors, count);
}

/** The first lane: the others do {@linkcode work} in their threads. */
export class LaneCipher implements Cipher {
  readonly name: string;
  #options: Required<LaneCipherOptions>;
  #isAlone = false;

  constructor(options: LaneCipherOptions) {
    this.#options = {
      worthSharing: WORTH_SHARING,
      patience: PATIENCE,
      ...options,
    };
    this.name = `${options.own.name}, in lanes`;
  }

  sealBatch(descriptors: number, count: number): void {
    this.#run("seal", descriptors, count);
  }

  openBatch(descriptors: number, count: number): void {
    this.#run("open", descriptors, count);
  }

  /** Leaves the other lanes out from here on. */
  goAlone(): void {
    this.#isAlone = true;
  }

  #run(how: How, descriptors: number, count: number): void {
    const { share, own } = this.#options;
    const isShared = !this.#isAlone && share.helpers > 0 &&
      this.#isWorthSharing(descriptors, count);
    if (!isShared) return run(own, how, descriptors, count);
    share.offer(how, descriptors, count);
    try {
      work(share, own);
    } finally {
      this.#awaitOthers(descriptors, count);
    }
  }

  #isWorthSharing(descriptors: number, count: number): boolean {
    const { memory: { words }, worthSharing } = this.#options;
    const length = (descriptors >> 2) + 2;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      bytes += PACKET_COST + words[length + i * (DESCRIPTOR_LENGTH >> 2)]!;
      if (bytes >= worthSharing) return true;
    }
    return false;
  }

  #awaitOthers(descriptors: number, count: number): void {
    const { share, patience } = this.#options;
    let looks = 0, isLost = false;
    while (!isLost && !share.isDone(count)) {
      if (looks++ < LOOKS) pause();
      else isLost = !share.waitForOthers(count, patience);
    }
    if (!isLost && !share.hasFailed) return;
    this.goAlone();
    this.#options.onLost();
    this.#giveUp(descriptors, count);
  }

  /**
   * Leaves nothing of a batch in which a lane was lost: no packet half sealed, for
   * some of it would go out in the clear, and none half opened. A peer takes what
   * is sent of it for forged, and we what came.
   */
  #giveUp(descriptors: number, count: number): void {
    const { bytes, words } = this.#options.memory;
    for (let i = 0; i < count; i++) {
      const word = (descriptors + i * DESCRIPTOR_LENGTH) >> 2;
      const at = words[word + 1]!, length = words[word + 2]!;
      bytes.fill(0, at, at + length + TAG_LENGTH);
      words[word + 3] = 0;
    }
    const end = CIPHER_SCRATCH + MAXIMUM_LANES * SCRATCH_LENGTH;
    bytes.fill(0, CIPHER_SCRATCH, end);
  }
}

/** Lets the processor know that this thread only waits; nothing where the engine cannot. */
export const pause: () => void = (Atomics as { pause?: () => void }).pause ??
  (() => {});
