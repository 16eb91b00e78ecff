/**
 * A stranger on the network: sends datagrams of all kinds and lengths to
 * `ADDRESS PORT COUNT`, and prints how many were sent and answered.
 *
 * @module
 */

import { createSocket } from "node:dgram";

/** Around every length that means something: the messages' and the largest. */
const LENGTHS = [0, 1, 3, 4, 15, 31, 32, 33, 63, 64, 65, 91, 92, 93, 147, 148]
  .concat([149, 1420, 1452, 9_000, 65_507]);

const [address = "", port = "", count = ""] = Deno.args;
const socket = createSocket("udp4");
let answers = 0, sent = 0;
socket.on("message", () => answers++);
socket.on("error", () => {});
await new Promise<void>((resolve) => socket.bind(0, resolve));

/** Random bytes, most of them with the type of a message at their start. */
function datagram(number: number, longest: number): Uint8Array {
  const bytes = new Uint8Array(
    Math.min(longest, LENGTHS[number % LENGTHS.length]!),
  );
  crypto.getRandomValues(bytes);
  const type = Math.floor(number / LENGTHS.length) % 6;
  if (type < 5) bytes.set([type, 0, 0, 0].slice(0, bytes.length));
  return bytes;
}

/** The large ones only in the first rounds, so that a flood is a flood of datagrams and not of bytes. */
for (let number = 0; number < Number(count); number++) {
  const bytes = datagram(number, number < 6 * LENGTHS.length ? 65_507 : 200);
  const failed = await new Promise<unknown>((resolve) =>
    socket.send(bytes, Number(port), address, (error) => resolve(error))
  );
  if (!failed) sent++;
}
await new Promise((resolve) => setTimeout(resolve, 500));
console.log(JSON.stringify({ sent, answers }));
Deno.exit(0);
