/** `save` and SaveConfig, on a live interface; tests/config/save_test.ts has the text. */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { Sandbox } from "./sandbox.ts";

const KEY = "aGVsbG8gdGhpcyBpcyBhIHByaXZhdGUga2V5ICEhISE=";
const VPS = "cHVibGljIGtleSBvZiBwZWVyIEEgaW4gdGVzdHMuLi4=";
const BOB = "cHVibGljIGtleSBvZiBwZWVyIEIgaW4gdGVzdHMuLi4=";
const FILE = "/etc/wireguard/wg0.conf";

const TEXT = `# laptop
[Interface]
PrivateKey = ${KEY} # mine
Address = 10.7.0.2/24
ListenPort = 51820
MTU = 1400
SaveConfig = true
PreDown = wg set %i peer ${BOB} allowed-ips 10.7.0.9/32 # late

# vps
[Peer]
PublicKey = ${VPS}
Endpoint = localhost:51821 # moves
AllowedIPs = 10.7.0.1/32
`;

rootTest(
  "save and SaveConfig write what the interface is, and keep comments and host names",
  async () => {
    await using box = await Sandbox.create();
    await box.write(FILE, TEXT);
    const read = async () => (await box.run(`cat ${FILE}`)).stdout;
    strictEqual((await box.caktus("up wg0")).status, 0);

    deepStrictEqual(await box.caktus("save wg0"), {
      status: 0,
      stdout: "",
      stderr: "[#] wg showconf wg0\n",
    });
    strictEqual(await read(), TEXT);

    await box.run(`wg set wg0 listen-port 7 peer ${VPS} persistent-keepalive 25
    ip link set mtu 1380 dev wg0; ip address add 10.8.0.1/16 dev wg0; chmod 644 ${FILE}`);
    strictEqual((await box.caktus("wg-quick save wg0")).status, 0);
    const changed = TEXT.replace(
      "10.7.0.2/24",
      "10.7.0.2/24\nAddress = 10.8.0.1/16",
    )
      .replace("ListenPort = 51820", "ListenPort = 7")
      .replace("MTU = 1400", "MTU = 1380")
      .replace("10.7.0.1/32", "10.7.0.1/32\nPersistentKeepalive = 25");
    strictEqual(await read(), changed);
    const { stdout: files } = await box.run("stat -c '%a %n' /etc/wireguard/*");
    strictEqual(files, `600 ${FILE}\n`);

    // Stock saves the same, without the comments, with the address that the name had, and with the key's fixed bits set.
    await box.write("wg0.conf", TEXT);
    const stock = await box.run("cd /run/files; wg-quick save ./wg0.conf");
    strictEqual(stock.status, 0, stock.stderr);
    const bare = (text: string) =>
      text.replace(/ *#.*/g, "").split("\n").filter((line) =>
        !/^(Endpoint|PrivateKey) |^$/.test(line)
      ).sort();
    const theirs = (await box.run("cat /run/files/wg0.conf")).stdout;
    deepStrictEqual(bare(changed), bare(theirs));

    const { status, stderr } = await box.caktus("wg-quick down wg0");
    strictEqual(status, 0, stderr);
    // PreDown, then save, then the link.
    match(
      stderr,
      /^\[#\] wg set .*\n\[#\] wg showconf wg0\n\[#\] ip link delete/,
    );
    const bob = `\n[Peer]\nPublicKey = ${BOB}\nAllowedIPs = 10.7.0.9/32\n`;
    strictEqual(await read(), changed + bob);
  },
);

rootTest("down goes on where a file cannot be saved, and says so", async () => {
  await using box = await Sandbox.create();
  await box.write(FILE, TEXT);
  strictEqual((await box.caktus("up wg0")).status, 0);
  await box.write(FILE, `${TEXT}Nonsense = 1\n`);
  const { status, stderr } = await box.caktus("down wg0");
  strictEqual(status, 1);
  match(
    stderr,
    /caktus: wg0 is down, but not all went well\n {2}\S+ is not saved: .*:15: Nonsense: /,
  );
  ok((await box.run("ip link show wg0")).status !== 0);
  strictEqual((await box.run(`grep -c Nonsense ${FILE}`)).stdout, "1\n");
});
