/** The journal as who hears a log. @module */

import { deepStrictEqual, match, strictEqual } from "node:assert";
import { journalVoice } from "../../src/driver/journal.ts";
import { Log } from "../../src/driver/log.ts";
import { DatagramReceiver } from "../ffi/datagram_receiver.ts";

Deno.test("journalVoice() tells the journal what a service's tunnel has to say, a line each", () => {
  using journal = new DatagramReceiver(`@caktus-journal-${Deno.pid}`);
  const folder = Deno.makeTempDirSync();
  try {
    const voice = journalVoice({ has: () => true }, journal.path);
    new Log("wg0", folder, voice).report("opening", new Error("a\nb"));
    const [text = "", ...more] = journal.take();
    deepStrictEqual(more, []);
    match(
      text,
      /^PRIORITY=4\nSYSLOG_IDENTIFIER=caktus\nMESSAGE=ERROR: \(wg0\) .* opening: Error: a · b[^\n]*\n$/,
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("journalVoice() is none where no service has started the process", () => {
  strictEqual(journalVoice({ has: () => false }), undefined);
});
