/**
 * The cipher's lanes: Workers that seal and open beside the loop, over the same
 * packet memory.
 *
 * They start while the tunnel runs already, in one lane until they are ready.
 * Each has its own instance of the module that passed the check, whose compiled
 * code they share.
 *
 * @module
 */

import { LaneCipher } from "../transport/lane_cipher.ts";
import { LaneShare, newShareMemory } from "../transport/lane_share.ts";
import { cipherScratch, newPacketMemory } from "../transport/layout.ts";
import { chooseCipher, type Chosen } from "../transport/self_check.ts";

/** What a lane is told when it starts. */
export interface LaneStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  scratch: number;
  share: SharedArrayBuffer;
}

/** In the compiled program the file of this name lies beside the bundle. */
const WORKER = new URL("./lane_worker.ts", import.meta.url);

/** How lanes are started. */
export interface LaneOptions {
  /** Of {@linkcode LaneCipher}. */
  worthSharing?: number;
  patience?: number;
  /** The module of the other lanes. */
  worker?: URL;
}

/** A cipher, and the threads that take part in it. */
export class Lanes {
  /** The best cipher that works on this machine, over new packet memory. */
  readonly chosen: Chosen;
  /** That packet memory. */
  readonly memory: WebAssembly.Memory;
  #count: number;
  #worker: URL;
  #share = newShareMemory();
  #together: LaneCipher | undefined;
  #threads: Worker[] = [];
  #isOver = false;
  #onLost: (reason: string) => void = () => {};

  /** With one lane packet memory is not shared: the engine copies more slowly to shared memory. */
  constructor(count: number, options: LaneOptions = {}) {
    this.#count = count;
    this.#worker = options.worker ?? WORKER;
    this.memory = newPacketMemory(count > 1);
    this.chosen = chooseCipher(this.memory);
    if (count === 1 || this.chosen.module === undefined) return;
    this.#together = new LaneCipher({
      ...options,
      memory: this.chosen.memory,
      share: new LaneShare(this.#share),
      own: this.chosen.cipher,
      onLost: () => this.#lose("one stopped in the middle of a batch"),
    });
    this.chosen = { ...this.chosen, cipher: this.#together };
  }

  /**
   * Starts the threads; until they are ready the first lane works alone.
   *
   * @param onLost is told, once, why it does so again
   */
  start(onLost: (reason: string) => void): void {
    const { module } = this.chosen;
    if (this.#together === undefined || module === undefined) return;
    this.#onLost = onLost;
    const { memory } = this, share = this.#share;
    try {
      for (let lane = 1; lane < this.#count; lane++) {
        const scratch = cipherScratch(lane);
        this.#startThread({ module, memory, scratch, share });
      }
    } catch (error) {
      // The machine gives us no further thread.
      this.#lose(String(error));
    }
  }

  /** Threads that are ready to help the first lane. */
  get helpers(): number {
    return new LaneShare(this.#share).helpers;
  }

  /** Ends the threads; the first lane works alone. */
  close(): void {
    this.#isOver = true;
    this.#together?.goAlone();
    for (const thread of this.#threads.splice(0)) thread.terminate();
  }

  #startThread(start: LaneStart): void {
    const thread = new Worker(this.#worker, { type: "module" });
    thread.addEventListener("error", (event) => {
      event.preventDefault();
      this.#lose(event.message);
    });
    thread.postMessage(start);
    this.#threads.push(thread);
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.close();
    this.#onLost(`the cipher goes on in one lane, for ${reason}`);
  }
}
