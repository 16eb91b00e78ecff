/** The stock script wg-quick with Caktus under it, and Caktus in its place. */

import { match, notStrictEqual, ok, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { CAKTUS, Sandbox } from "./sandbox.ts";

const KEY = "aGVsbG8gdGhpcyBpcyBhIHByaXZhdGUga2V5ICEhISE=";
const VPS = "cHVibGljIGtleSBvZiBwZWVyIEEgaW4gdGVzdHMuLi4=";
const TEXT = `[Interface]
PrivateKey = ${KEY}
Address = 10.7.0.2/24, fd07::2/64
PostDown = touch /run/files/undone
SaveConfig = true

[Peer] # vps
PublicKey = ${VPS}
Endpoint = 192.0.2.1:51821
AllowedIPs = 0.0.0.0/0, ::/0
`;

/** A sandbox with a file, and with `caktus` in the PATH of `stock`. */
async function prepared(): Promise<Sandbox> {
  const box = await Sandbox.create();
  await box.write("/etc/wireguard/wg0.conf", TEXT);
  await box.write("caktus", `#!/bin/sh\nexec ${CAKTUS} "$@"\n`);
  await box.run("chmod 755 /run/files/caktus");
  return box;
}

const stock = (words: string) =>
  `PATH=/run/files:$PATH WG_QUICK_USERSPACE_IMPLEMENTATION=caktus wg-quick ${words}`;

/** The script leaves this on, which does no harm. */
const marked = (snapshot: string) =>
  snapshot.replace(/(?<=src_valid_mark\D+)0/, "1");

/** The daemon's processes; it dies soon after its interface. */
const DAEMONS = "sleep 0.2; pgrep -f 'daemo[n] wg0' -c; ls /run/wireguard";

rootTest(
  "the wg-quick script takes Caktus for wireguard-go, and ends it by deleting the link",
  async () => {
    await using box = await prepared();
    const before = await box.snapshot();
    const up = await box.run(stock("up wg0"));
    strictEqual(up.status, 0, up.stderr);
    match(up.stderr, /^\[#\] caktus wg0$/m);
    match(
      (await box.run("wg show wg0")).stdout,
      /allowed ips: 0\.0\.0\.0\/0, ::\/0/,
    );
    const down = await box.run(stock("down wg0"));
    strictEqual(down.status, 0, down.stderr);
    match((await box.run(DAEMONS)).stdout, /^0\n$/);
    strictEqual(
      await box.snapshot(),
      marked(before),
    );
  },
);

rootTest(
  "wg-quick down takes down what the script brought up, as the script does",
  async () => {
    await using box = await prepared();
    const before = await box.snapshot();
    strictEqual((await box.run(stock("up wg0"))).status, 0);
    notStrictEqual(await box.snapshot(), before);
    const { status, stderr } = await box.caktus("wg-quick down wg0");
    strictEqual(status, 0, stderr);
    match((await box.run(DAEMONS)).stdout, /^0\n$/);
    strictEqual(
      await box.snapshot(),
      marked(before),
    );
    ok((await box.run("ls /run/files")).stdout.includes("undone"));
    const saved = (await box.run("cat /etc/wireguard/wg0.conf")).stdout;
    match(saved, /^\[Peer\] # vps$/m);
    match(saved, /^FwMark = 0xca6c$/m);

    const again = await box.caktus("wg-quick down wg0");
    strictEqual(again.status, 1);
    strictEqual(again.stderr, "wg-quick: `wg0' is not a WireGuard interface\n");
  },
);

rootTest(
  "the wg-quick script takes down what Caktus brought up, and down then undoes the rest",
  async () => {
    await using box = await prepared();
    await box.write("/etc/wireguard/wg0.conf", TEXT.replace("true", "false"));
    const before = await box.snapshot();
    strictEqual((await box.caktus("up wg0")).status, 0);
    const { status, stderr } = await box.run("wg-quick down wg0");
    strictEqual(status, 0, stderr);
    match((await box.run(DAEMONS)).stdout, /^0\n$/);
    const rest = await box.caktus("down wg0");
    strictEqual(rest.status, 0, rest.stderr);
    strictEqual(await box.snapshot(), before);
  },
);

rootTest(
  "wireguard-go in the background says what LOG_LEVEL asks for, and its interface is another's to set up",
  async () => {
    await using box = await Sandbox.create();
    const { stdout, status } = await box.run(
      `LOG_LEVEL=verbose ${CAKTUS} wireguard-go wg7 && ip link set wg7 up && sleep 0.1 && ip link delete wg7; sleep 0.2`,
    );
    strictEqual(status, 0);
    match(stdout, /^DEBUG: \(wg7\) \d{4}(\/\d\d){2} \d\d(:\d\d){2} starting$/m);
    match(stdout, /^DEBUG: \(wg7\) .* the interface is up$/m);
  },
);

rootTest(
  "wireguard-go stays in the foreground by -f or WG_PROCESS_FOREGROUND, to the end of its interface",
  async () => {
    await using box = await Sandbox.create();
    const ways = ["-f wg7", "--foreground wg7", "wg7"].map((words, i) => `
      WG_PROCESS_FOREGROUND=${
      i === 2 ? 1 : ""
    } ${CAKTUS} wireguard-go ${words} & pid=$!
      until [ -e /run/wireguard/wg7.sock ]; do sleep 0.02; done
      sleep 0.2; [ "$(jobs -rp)" = $pid ] && echo stays
      ip link delete wg7; wait $pid; echo $?`);
    const { stdout } = await box.run(ways.join(""));
    strictEqual(stdout, "stays\n0\n".repeat(3));
  },
);
