/**
 * `up --confirm` in a sandbox: who is locked out gets in again, whatever was killed meanwhile.
 *
 * @module
 */

import { deepStrictEqual, match, strictEqual, throws } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { parseTime } from "../../src/quick/confirm.ts";
import { confText } from "./samples.ts";
import { CAKTUS, FILES, Sandbox } from "./sandbox.ts";

const CONF = confText(
  "Address = 10.0.0.2/24\nTable = 1234\nPostUp = ip rule add to 10.77.0.0/16 lookup 1234\nPostDown = ip rule del to 10.77.0.0/16 lookup 1234",
  "AllowedIPs = 0.0.0.0/0",
);
const WAIT_UP =
  "while ! grep -q complete /run/caktus/wg0.toml 2> /dev/null; do sleep 0.02; done";
const WAIT_DOWN =
  "for i in $(seq 300); do [ -e /run/caktus/wg0.toml ] || break; sleep 0.02; done";

Deno.test("parseTime() reads seconds, minutes and hours", () => {
  const texts = ["60s", "5m", "5min", "1h", "90"];
  deepStrictEqual(texts.map(parseTime), [60, 300, 300, 3600, 90]);
  for (const text of ["", "0", "s", "-1s", "1.5m", "1d", "25h", "1 m"]) {
    throws(() => parseTime(text), { name: "Failure" });
  }
});

rootTest(
  "up --confirm is undone when the session is cut through which it was typed, and its daemon killed",
  async () => {
    await using box = await Sandbox.create();
    await box.write("wg0.conf", CONF);
    const before = await box.snapshot();
    // The end of the terminal is what sshd makes of a lost connection: HUP to all that runs in it.
    const { stdout } = await box.run(`
    cd ${FILES}
    script -qfec '${CAKTUS} up --confirm 2s; sleep 300' /dev/null > said < /dev/null &
    ${WAIT_UP}
    ip rule | grep -c 10.77; sleep 0.1
    kill -9 $!
    kill -9 $(sed -n '/^.daemon/,$ s/^pid = //p' /run/caktus/wg0.toml | head -1)
    ${WAIT_DOWN}
    pgrep -f '^sleep 300$'; cat /run/caktus/wg0.log; rm /run/caktus/wg0.log; cat said`);
    match(stdout, /^1\n\S+ wg0 was not confirmed in 2 s and is down again\n/);
    match(
      stdout,
      /wg0 goes down again in 2 s, unless you confirm it\r?\n +caktus confirm wg0/,
    );
    strictEqual(await box.snapshot(), before);
  },
);

rootTest(
  "confirm lets an interface stay, also one that was brought up anew meanwhile",
  async () => {
    await using box = await Sandbox.create();
    await box.write("wg0.conf", CONF);
    const { stdout, stderr } = await box.run(`
    cd ${FILES}
    ${CAKTUS} up --confirm 2s && ${CAKTUS} confirm; echo "status $?"
    ${CAKTUS} confirm; echo "status $?"
    ${CAKTUS} down wg0; ${CAKTUS} up --confirm 2s; ${CAKTUS} down wg0; ${CAKTUS} up
    pgrep -f 'guard wg0 [0-9]+$'
    sleep 2; ip link show wg0 > /dev/null && echo there`);
    strictEqual(stdout, "wg0 stays up\nstatus 0\nstatus 1\nthere\n", stderr);
    match(stderr, /caktus: wg0 waits for no confirmation\n/);
  },
);

rootTest("down ends the guard also where a hook fails", async () => {
  await using box = await Sandbox.create();
  await box.write("wg0.conf", confText("PostDown = false"));
  const { stdout, stderr } = await box.run(`
    cd ${FILES}
    ${CAKTUS} up --confirm 60s && ${CAKTUS} down; echo "status $?"
    pgrep -f 'guard wg0 [0-9]+$'`);
  strictEqual(stdout, "status 1\n", stderr);
  match(stderr, /wg0 is down, but not all went well/);
});
