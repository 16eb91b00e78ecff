/** Datagrams of the UNIX domain. @module */

import { deepStrictEqual, throws } from "node:assert";
import { sendDatagram } from "../../ffi/unix_datagram.ts";
import { DatagramReceiver } from "./datagram_receiver.ts";

for (
  const path of [`/tmp/caktus-test-${Deno.pid}`, `@caktus-test-${Deno.pid}`]
) {
  Deno.test(`sendDatagram() reaches ${path[0]}…`, () => {
    using receiver = new DatagramReceiver(path);
    sendDatagram(path, "READY=1\nSTATUS=wg0 is up, ünd so\n");
    sendDatagram(path, "STOPPING=1\n");
    deepStrictEqual(receiver.take(), [
      "READY=1\nSTATUS=wg0 is up, ünd so\n",
      "STOPPING=1\n",
    ]);
  });
}

Deno.test("sendDatagram() throws where nobody listens", () => {
  throws(() => sendDatagram("/tmp/caktus-test-none", "x"), {
    name: "SystemError",
    message: /connect.*caktus-test-none/,
  });
  throws(() => sendDatagram(`/${"x".repeat(108)}`, "x"), RangeError);
});
