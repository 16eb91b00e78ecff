/** How a daemon begins and ends, and what it leaves. */

import { deepStrictEqual, notStrictEqual, ok, strictEqual } from "node:assert";
import { sleep, until } from "../interop/process.ts";
import type { Host } from "../interop/netns.ts";
import { type Daemon, hostTest, Pair, startDaemon, wired } from "./hosts.ts";
import { CAKTUS } from "../program.ts";

const SOCKET = "/var/run/wireguard/wg0.sock";

/** What a daemon could leave: its interface, the socket's file and a log. */
async function remains(host: Host): Promise<string[]> {
  const found = await host.run(
    "sh",
    "-c",
    "ip -br link show wg0 2>/dev/null; ls -A /run/wireguard /run/caktus 2>/dev/null | grep wg0; true",
  );
  return found.stdout.trim().split("\n").filter((line) => line !== "");
}

/** Ways to end it; each ends it cleanly. */
const ENDS: Record<string, (daemon: Daemon) => Promise<unknown>> = {
  "SIGTERM": ({ program }) => program.kill("TERM"),
  "SIGINT": ({ program }) => program.kill("INT"),
  "the deletion of its interface": ({ host }) =>
    host.must("ip", "link", "del", "wg0"),
  "the deletion of its socket's file": ({ host }) => host.must("rm", SOCKET),
};

for (const [way, end] of Object.entries(ENDS)) {
  for (const state of ["down", "up"]) {
    hostTest(
      `${way} ends a daemon whose interface is ${state}: status 0, and nothing is left`,
      async () => {
        await using network = await wired();
        const host = network.host("left");
        const daemon = await startDaemon(host);
        await host.must("ip", "link", "set", "wg0", state);
        await end(daemon);
        strictEqual(await daemon.exits(), 0, await daemon.log());
        deepStrictEqual(await remains(host), []);
      },
    );
  }
}

hostTest(
  "the socket is its owner's alone and the folder is open, whatever the mask",
  async () => {
    await using network = await wired();
    const host = network.host("left");
    for (const mask of ["000", "077"]) {
      await host.must("rm", "-rf", "/run/wireguard");
      const program = await host.spawn([
        "sh",
        "-c",
        `umask ${mask}; exec "$@"`,
        "sh",
        ...CAKTUS,
        "daemon",
        "wg0",
      ]);
      await program.process.says(/^ready wg0$/m, 10_000);
      strictEqual(
        await host.must("stat", "-c", "%a %F", SOCKET),
        "600 socket\n",
      );
      strictEqual(
        await host.must("stat", "-c", "%a", "/run/wireguard"),
        "755\n",
      );
      await program.stop();
    }
  },
);

hostTest("a socket that a killed daemon left is taken over", async () => {
  await using network = await wired();
  const host = network.host("left");
  const killed = await startDaemon(host);
  await killed.program.kill("KILL");
  await killed.program.process.exited;
  strictEqual((await remains(host)).length, 1);
  await startDaemon(host);
  strictEqual((await host.run("wg", "show", "wg0")).code, 0);
});

hostTest(
  "a socket that another daemon serves is left alone, in one clear line",
  async () => {
    await using network = await wired();
    const host = network.host("left");
    await host.must("mkdir", "-p", "/run/wireguard");
    await host.spawn(["socat", `UNIX-LISTEN:${SOCKET},fork`, "SYSTEM:cat"]);
    await until(
      "socat listens",
      5_000,
      async () =>
        (await host.run("test", "-S", SOCKET)).code === 0 || undefined,
    );
    const { code, stdout, stderr } = await host.run(...CAKTUS, "daemon", "wg0");
    deepStrictEqual([code, stdout], [1, ""]);
    strictEqual(stderr, `caktus: ${SOCKET} is served by another process\n`);
    deepStrictEqual(await remains(host), ["wg0.sock"]);
  },
);

hostTest("an interface that exists is left alone", async () => {
  await using network = await wired();
  const host = network.host("left");
  await host.must("ip", "tuntap", "add", "wg0", "mode", "tun");
  const { code, stderr } = await host.run(...CAKTUS, "daemon", "wg0");
  strictEqual(code, 1);
  ok(/^caktus: .*wg0.*\n$/.test(stderr), stderr);
  deepStrictEqual((await remains(host)).map((line) => line.split(/\s+/)[0]), [
    "wg0",
  ]);
});

hostTest(
  "a daemon whose file was replaced ends, and leaves its successor's alone",
  async () => {
    await using network = await wired();
    const host = network.host("left");
    const daemon = await startDaemon(host);
    await host.shell(`
    socat UNIX-LISTEN:/run/wireguard/new,fork SYSTEM:cat >/dev/null 2>&1 &
    until [ -S /run/wireguard/new ]; do sleep 0.02; done
    mv /run/wireguard/new ${SOCKET}`);
    strictEqual(await daemon.exits(), 0);
    deepStrictEqual(await remains(host), ["wg0.sock"]);
  },
);

hostTest(
  "it lets go of its caller's streams and of its terminal's session",
  async () => {
    await using network = await wired();
    const host = network.host("left");
    // cat ends only when nobody holds its input any more.
    const command = CAKTUS.map((word) => `'${word}'`).join(" ");
    const said = await host.shell(`{ ${command} daemon wg0 & } 2>&1 | cat`);
    strictEqual(said, "ready wg0\n");
    const pid = (await host.must("pgrep", "-f", "[ ]daemon wg0")).trim();
    const [session, first] =
      (await host.must("sh", "-c", `ps -o sid= -p ${pid}; ps -o sid= -p 1`))
        .trim().split("\n");
    strictEqual(session!.trim(), pid);
    notStrictEqual(session, first);
  },
);

hostTest(
  "a leader of its session can be a daemon too, as under a service manager",
  async () => {
    await using network = await wired();
    const host = network.host("left");
    const program = await host.spawn(["setsid", ...CAKTUS, "daemon", "wg0"]);
    await program.process.says(/^ready wg0$/m, 10_000);
  },
);

hostTest(
  "wg-quick's way works: it ends a userspace tunnel by deleting its interface, and starts it again at once",
  async () => {
    await using network = await wired();
    const host = network.host("left");
    for (let i = 0; i < 3; i++) {
      const daemon = await startDaemon(host);
      await host.must("ip", "link", "set", "wg0", "up");
      await host.must("ip", "link", "del", "wg0");
      strictEqual(await daemon.exits(), 0);
    }
  },
);

hostTest(
  "an interface that is moved to another namespace works there, its sockets stay, and the daemon ends with it",
  async () => {
    await using pair = await Pair.up();
    const { left, right } = pair;
    await left.host.shell(`
    ip netns add inner
    ip link set wg0 netns inner
    ip -n inner address add ${left.v4}/24 dev wg0
    ip -n inner link set wg0 up`);
    await left.host.must(
      "ip",
      "netns",
      "exec",
      "inner",
      "ping",
      "-n",
      "-c",
      "2",
      "-W",
      "3",
      right.v4,
    );
    strictEqual((await left.host.run("wg", "show", "wg0")).code, 0);
    await left.host.must("ip", "netns", "delete", "inner");
    strictEqual(await left.daemon.exits(), 0);
    deepStrictEqual(await remains(left.host), []);
  },
);

hostTest(
  "out of descriptors it lives on, and serves who waited when there are some again",
  async () => {
    await using pair = await Pair.up();
    const { daemon, host } = pair.left;
    const pid = String(daemon.program.pid);
    const words = ["--nofile", "--raw", "--noheadings", "--output", "SOFT"];
    const before = (await host.must("prlimit", "--pid", pid, ...words)).trim();
    const used = new Set(
      [...Deno.readDirSync(daemon.proc("fd"))].map(({ name }) => Number(name)),
    );
    let free = 0;
    while (used.has(free)) free++;
    await host.must("prlimit", "--pid", pid, `--nofile=${free}:`);
    const waiting = host.run("wg", "show", "wg0", "listen-port");
    await sleep(500);
    const ping = await pair.right.host.run(
      "ping",
      "-n",
      "-c",
      "1",
      "-W",
      "3",
      pair.left.v4,
    );
    strictEqual(ping.code, 0);
    await host.must("prlimit", "--pid", pid, `--nofile=${before}:`);
    strictEqual((await waiting).stdout, "51820\n");
    strictEqual(daemon.program.process.ended, false);
  },
);
