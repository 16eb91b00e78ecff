/**
 * `set`, the files and `--json` as whole runs of the program: words that look like options, pipes in
 * the place of files, and what wg of 2025 and 2026 does, or we do better, where the wg of 2021 differs.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { CAKTUS, FILES, type Sandbox } from "../quick/sandbox.ts";
import { boxWithDaemon } from "./set_daemon.ts";

const OWN = "AAIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH2A=";
const PSK = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
const A = "TtrHAq0EbhHwWWqWVBpHJ0lcWzpBhXCqEqTPGExaw1c=";

/** Runs bash commands of which all must succeed, and returns what they print. */
async function script(box: Sandbox, commands: string): Promise<string> {
  const { status, stdout, stderr } = await box.run(
    `set -e; cd ${FILES}; caktus() { ${CAKTUS} "$@"; }; ${commands}`,
  );
  strictEqual(status, 0, stderr);
  return stdout;
}

/** The allowed IPs of the only peer, sorted. */
async function allowedIps(box: Sandbox, command: string): Promise<string[]> {
  const said = await script(box, `${command}; wg show wg0 allowed-ips`);
  return said.trim().split("\t")[1]!.split(" ").sort();
}

// Since 2025.
rootTest("set adds allowed IPs with + and takes them away with -", async () => {
  await using box = await boxWithDaemon("wireguard-go", {});
  const peer = `caktus set wg0 peer ${A} allowed-ips`;
  deepStrictEqual(
    await allowedIps(
      box,
      `${peer} 10.1.0.0/16,10.2.0.0/16; ${peer} +10.3.0.0/16`,
    ),
    ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"],
  );
  deepStrictEqual(
    await allowedIps(box, `${peer} -10.1.0.0/16,+fd00::/64,-10.9.0.0/16`),
    ["10.2.0.0/16", "10.3.0.0/16", "fd00::/64"],
  );
  deepStrictEqual(await allowedIps(box, `${peer} 10.4.0.0/16`), [
    "10.4.0.0/16",
  ]);
});

rootTest("set and setconf read keys and files out of pipes", async () => {
  await using box = await boxWithDaemon("wireguard-go", {});
  const said = await script(
    box,
    `caktus set wg0 listen-port 5180 private-key <(echo ${OWN}) peer ${A} preshared-key <(echo ${PSK})
     wg show wg0 dump | cut -f 1,2
     caktus setconf wg0 <(printf '[Interface]\\nListenPort = 5181\\n[Peer]\\nPublicKey = ${A}\\n')
     wg show wg0 dump | cut -f 1-4
     caktus addconf wg0 /dev/stdin <<< '[Interface]
       FwMark = 7'
     wg show wg0 fwmark`,
  );
  const lines = said.split("\n");
  strictEqual(lines[0]!.split("\t")[0], OWN);
  strictEqual(lines[1], `${A}\t${PSK}`);
  strictEqual(lines[2], "(none)\t(none)\t5181\toff");
  strictEqual(lines[3], `${A}\t(none)\t(none)\t(none)`);
  strictEqual(lines[4], "0x7");
});

// The first two since 2026; wg clears key and mark, which breaks a hook's key and wg-quick's full tunnel.
rootTest(
  "syncconf clears what left the file, but neither a hook's key nor a mark that a rule needs",
  async () => {
    await using box = await boxWithDaemon("wireguard-go", {
      file: `[Interface]\nListenPort = 5180\n[Peer]\nPublicKey = ${A}\n`,
      own: OWN,
      psk: PSK,
    });
    const said = await script(
      box,
      `wg set wg0 private-key own fwmark 51820 peer ${A} preshared-key psk persistent-keepalive 25
     ip rule add not fwmark 51820 table 51820
     caktus syncconf wg0 file; wg show wg0 dump | cut -f 1,2,4,8
     ip rule delete not fwmark 51820 table 51820
     caktus syncconf wg0 file; wg show wg0 fwmark`,
    );
    const [device, peer, mark] = said.split("\n");
    const [privateKey, , kept] = device!.split("\t");
    deepStrictEqual([privateKey, kept], [OWN, "0xca6c"]);
    strictEqual(peer, `${A}\t(none)\t(none)\toff`);
    strictEqual(mark, "off");
  },
);

rootTest("show prints JSON, as caktus and as wg", async () => {
  await using box = await boxWithDaemon("wireguard-go", { own: OWN });
  const said = await script(
    box,
    `wg set wg0 listen-port 5180 private-key own peer ${A} allowed-ips 10.0.0.0/8
     caktus show --json; echo ===
     caktus wg show wg0 listen-port --json; echo ===
     caktus showconf wg0 --json; echo ===
     caktus show --drops --json 2>&1`,
  );
  const parts = said.split("===\n");
  strictEqual(
    parts.pop(),
    'caktus: wg0 counts no drops: its daemon knows no such request, as caktus does\n{\n  "interfaces": []\n}\n',
  );
  const [all, port, conf] = parts.map((text) => JSON.parse(text).interfaces[0]);
  deepStrictEqual(port, { name: "wg0", listenPort: 5180 });
  deepStrictEqual(all.peers[0].allowedIps, ["10.0.0.0/8"]);
  strictEqual(conf.privateKey, OWN);
  ok(!("privateKey" in all));
});
