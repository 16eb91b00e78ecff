/**
 * What a service manager is told: by made-up surroundings, and by a whole `up --foreground`.
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { ServiceManager } from "../../src/quick/service_manager.ts";
import { unitText } from "../../src/quick/service_unit.ts";
import { DatagramReceiver } from "../ffi/datagram_receiver.ts";
import { rootTest } from "../ffi/namespace.ts";
import { confText } from "./samples.ts";
import { CAKTUS, FILES, Sandbox } from "./sandbox.ts";

/** Those of the unit; the source's files may lie in another user's folder besides. */
const CAPABILITIES = [
  /^CapabilityBoundingSet=(.*)$/m.exec(unitText(["/caktus"]))![1]!
    .toLowerCase().split(" ").map((name) => name.replace("cap_", "+")),
  CAKTUS.includes("main.ts") ? "+dac_read_search" : [],
].flat().join();

/** A manager that was started with these variables, and what it is told. */
function started(variables: Record<string, string>) {
  const env = new Map(Object.entries(variables));
  const told: string[] = [];
  const manager = new ServiceManager({
    env: {
      get: (name) => env.get(name),
      delete: (name) => void env.delete(name),
    },
    pid: 7,
    send: (path, text) => void told.push(`${path} ${text}`),
  });
  return { manager, told, env };
}

Deno.test("ServiceManager tells the socket that it was given, and hides it from what it starts", () => {
  const { manager, told, env } = started({ NOTIFY_SOCKET: "@x", HOME: "/" });
  manager.ready("wg0 is up");
  manager.stopping();
  deepStrictEqual(told, ["@x READY=1\nSTATUS=wg0 is up\n", "@x STOPPING=1\n"]);
  deepStrictEqual([...env.keys()], ["HOME"]);
});

Deno.test("ServiceManager tells nobody where nobody asked, and survives one that is gone", () => {
  const { manager, told } = started({ WATCHDOG_USEC: "2000" });
  manager.ready("x");
  manager.watch(() => Promise.resolve());
  deepStrictEqual(told, []);
  new ServiceManager({
    env: { get: () => "/nowhere", delete: () => {} },
    pid: 7,
    send: () => {
      throw new Error("gone");
    },
  }).ready("x");
});

Deno.test("ServiceManager feeds the watchdog while the tunnel answers, and no longer", async () => {
  const { manager, told } = started({
    NOTIFY_SOCKET: "/s",
    WATCHDOG_USEC: "10000",
    WATCHDOG_PID: "7",
  });
  let answers = 0;
  const { promise: hangs, resolve } = Promise.withResolvers<void>();
  const hanging: (() => void)[] = [];
  manager.watch(() => {
    if (++answers === 5) resolve();
    return answers <= 3
      ? Promise.resolve()
      : answers === 4
      ? Promise.reject(new Error("no answer"))
      : new Promise<void>((late) => hanging.push(late));
  });
  await hangs;
  manager.stopping();
  const fed = told.filter((text) => text === "/s WATCHDOG=1\n").length;
  strictEqual(fed, 3);
  hanging.forEach((late) => late());
  await new Promise((resolve) => setTimeout(resolve, 0));
  strictEqual(told.pop(), "/s STOPPING=1\n");
});

Deno.test("ServiceManager leaves a watchdog alone that watches another process", () => {
  const { manager } = started({
    NOTIFY_SOCKET: "/s",
    WATCHDOG_USEC: "1000",
    WATCHDOG_PID: "8",
  });
  // An interval would be left over, which the test's sanitizer finds.
  manager.watch(() => Promise.resolve());
});

rootTest(
  "up --foreground needs no more than the unit gives, says READY, feeds the watchdog, says STOPPING",
  async () => {
    await using box = await Sandbox.create();
    const hook = 'PostUp = echo "[$NOTIFY_SOCKET]" > seen';
    const peer = "Endpoint = 192.0.2.1:7\nAllowedIPs = 0.0.0.0/0";
    await box.write(
      "wg0.conf",
      confText(`Address = 10.0.0.2/24\n${hook}`, peer),
    );
    using receiver = new DatagramReceiver(`/tmp/caktus-notify-${Deno.pid}`);
    const { status, stderr } = await box.run(`
    cd ${FILES}; export NOTIFY_SOCKET=${receiver.path} WATCHDOG_USEC=200000
    setpriv --bounding-set -all,${CAPABILITIES} ${CAKTUS} up --foreground & pid=$!
    while ! grep -q complete /run/caktus/wg0.toml 2> /dev/null; do sleep 0.05; done
    sleep 0.5; kill -TERM $pid; wait $pid`);
    strictEqual(status, 0, stderr);
    const [first, ...others] = receiver.take();
    strictEqual(first, "READY=1\nSTATUS=wg0 is up\n");
    strictEqual(others.pop(), "STOPPING=1\n");
    ok(others.length > 0 && others.every((text) => text === "WATCHDOG=1\n"));
    strictEqual((await box.run(`cat ${FILES}/seen`)).stdout, "[]\n");
  },
);
