/** The harness itself: hosts that hold what they hold and leave nothing, and routers that forget. */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert";
import { Network } from "./netns.ts";
import { UNABLE } from "./cases.ts";
import { run, sleep } from "./process.ts";
import { difference } from "./snapshot.ts";
import { type BehindNat, behindNat, VPS_ADDRESS } from "./topology.ts";

const options = {
  ignore: UNABLE !== undefined,
  sanitizeOps: false,
  sanitizeResources: false,
};

Deno.test({
  ...options,
  name: "Network.create() makes hosts that have their own files and processes",
  fn: async () => {
    await using network = await Network.create("one", "two");
    const [one, two] = [network.host("one"), network.host("two")];
    await one.write("/etc/wireguard/wg0.conf", "mine\n");
    strictEqual(await one.must("cat", "/etc/wireguard/wg0.conf"), "mine\n");
    strictEqual(
      (await one.must("stat", "-c", "%a", "/etc/wireguard/wg0.conf")).trim(),
      "600",
    );
    strictEqual((await two.run("cat", "/etc/wireguard/wg0.conf")).code, 1);
    strictEqual(
      await one.must("sh", "-c", "mkdir /var/run/wireguard; ls /run/wireguard"),
      "",
    );
    ok(!(await two.must("ls", "/run")).includes("wireguard"));
  },
});

Deno.test({
  ...options,
  name: "close() ends all that runs in a host, daemons too",
  fn: async () => {
    const network = await Network.create("one");
    const host = network.host("one");
    const mark = `sleep 7${Deno.pid}`;
    await host.shell(`setsid ${mark} >/dev/null 2>&1 </dev/null & sleep 0.1`);
    strictEqual((await run(["pgrep", "-fx", mark])).code, 0);
    await network.close();
    strictEqual((await run(["pgrep", "-fx", mark])).code, 1);
  },
});

Deno.test({
  ...options,
  name:
    "difference() shows what changed in a host, and nothing where all was taken back",
  fn: async () => {
    await using network = await Network.create("one");
    const host = network.host("one");
    const before = await host.snapshot();
    await host.shell(
      "ip rule add fwmark 1 table 5; ip route add 10.1.0.0/16 dev lo; sysctl -qw net.ipv4.ip_forward=1",
    );
    await host.load("table ip extra { chain one { counter accept; }; }");
    const changed = difference(before, await host.snapshot());
    for (
      const word of [
        "fwmark 0x1",
        "10.1.0.0/16",
        "ip_forward = 1",
        "table ip extra",
      ]
    ) {
      ok(
        changed.some((line) => line.includes(word)),
        `${word} in\n${changed.join("\n")}`,
      );
    }
    await host.shell(
      "ip rule del fwmark 1 table 5; ip route del 10.1.0.0/16 dev lo; sysctl -qw net.ipv4.ip_forward=0",
    );
    await host.must("nft", "delete", "table", "ip", "extra");
    deepStrictEqual(difference(before, await host.snapshot()), []);
  },
});

Deno.test({
  ...options,
  name: "spawn() gives a program that ends when told, and says what it wrote",
  fn: async () => {
    await using network = await Network.create("one");
    const program = await network.host("one").spawn([
      "sh",
      "-c",
      "echo here; exec sleep 100",
    ]);
    await program.process.says(/here/, 2_000);
    await program.stop();
    strictEqual(program.process.ended, true);
    await rejects(program.process.says(/there/, 100), /ended before it said/);
  },
});

Deno.test({
  ...options,
  name: "translate() lets answers in while a mapping lives, and nothing after",
  fn: async () => {
    const scene = await behindNat(2);
    await using _network = scene.network;
    strictEqual(await answeredAfter(scene, 1_000), true);
    strictEqual(await answeredAfter(scene, 4_000), false);
  },
});

/** Whether an answer arrives that the VPS sends that long after the laptop spoke. */
async function answeredAfter(
  { laptop, vps }: BehindNat,
  silence: number,
): Promise<boolean> {
  const seconds = silence / 1_000;
  const server = await vps.spawn([
    "socat",
    "-t",
    "20",
    "UDP4-RECVFROM:7000",
    `SYSTEM:read -r word; sleep ${seconds}; echo answer`,
  ]);
  await sleep(200);
  const script = `
    exec 3<>/dev/udp/${VPS_ADDRESS}/7000
    echo hello >&3
    timeout ${seconds + 2} head -n 1 <&3`;
  const { stdout } = await laptop.run("bash", "-c", script);
  await server.stop();
  return stdout.includes("answer");
}
