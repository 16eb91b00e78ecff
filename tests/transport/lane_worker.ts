/**
 * One lane of lanes_test.ts: seals and opens the same packets many times in its
 * part of a shared memory and answers whether each round agreed with the first.
 *
 * @module
 */

import { loadWasm, noble } from "../../src/transport/aead.ts";
import {
  cipherScratch,
  DESCRIPTOR_LENGTH,
  DRIVER_SLOTS,
} from "../../src/transport/layout.ts";

const ROUNDS = 300, COUNT = 16, LENGTH = 1420, SLOT = 2048, ROOM = 0x100000;

const thread = self as unknown as {
  onmessage(event: MessageEvent): void;
  postMessage(answer: string): void;
};

thread.onmessage = ({ data }) => {
  const { memory, cipher } = loadWasm(data.memory, cipherScratch(data.lane));
  const from = DRIVER_SLOTS.from + data.lane * ROOM;
  const key = from, descriptors = from + 32, packets = from + 0x1000;
  memory.bytes.fill(data.lane, key, key + 32);
  for (let i = 0; i < COUNT; i++) {
    const word = (descriptors + i * DESCRIPTOR_LENGTH) >> 2;
    memory.words.set([key, packets + i * SLOT, LENGTH, 0, i, 0], word);
  }
  const contents = () =>
    memory.bytes.slice(packets, packets + COUNT * SLOT).toHex();
  const plain = contents();
  noble(memory).sealBatch(descriptors, COUNT);
  const sealed = contents();
  noble(memory).openBatch(descriptors, COUNT);
  let agreed = true;
  for (let round = 0; round < ROUNDS; round++) {
    cipher.sealBatch(descriptors, COUNT);
    if (round % 50 === 0) agreed &&= contents() === sealed;
    cipher.openBatch(descriptors, COUNT);
    // Opening leaves the tag where it was.
    if (round % 50 === 0) {
      agreed &&= withoutTags(contents()) === withoutTags(plain);
    }
  }
  thread.postMessage(agreed ? "agrees" : "differs");
};

function withoutTags(hex: string): string {
  const packets = [];
  for (let i = 0; i < COUNT; i++) {
    packets.push(hex.slice(i * SLOT * 2, (i * SLOT + LENGTH) * 2));
  }
  return packets.join("");
}
