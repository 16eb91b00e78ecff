/**
 * Nothing is left: after `down`, after a daemon or an `up` that was killed, and after a failure at each step of `up`,
 * the host is what it was before. Only for Caktus; others are taken up and down by other programs.
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { vpsConf } from "../demo/files.ts";
import { commandOf, daemonPids } from "./caktus.ts";
import { caktusTest } from "./cases.ts";
import type { Host } from "./netns.ts";
import type { Peer } from "./peers.ts";
import { failure, type Result, sleep, until } from "./process.ts";
import { confText, keyPair, type Settings } from "./settings.ts";
import { difference, type Snapshot } from "./snapshot.ts";
import { direct } from "./topology.ts";

const CONF = "/etc/wireguard/wg0.conf";

/** Undoing is allowed to take as long, also when `up` is stopped by a signal. */
const UNDO_LIMIT = 3_000;

caktusTest("down() leaves nothing", async (subject) => {
  await using scene = await Scene.build(subject, conf(""));
  strictEqual((await scene.caktus("up")).code, 0);
  ok((await scene.changes()).length > 0);
  await scene.endsClean("down");
});

caktusTest(
  "down() leaves nothing of the VPS's file, hooks included",
  async (subject) => {
    const text = vpsConf(keyPair().privateKey, keyPair().publicKey);
    await using scene = await Scene.build(subject, text, async (host) => {
      await host.must("ip", "link", "set", "eth0", "name", "ens3");
      // iptables makes its tables at the first rule and keeps them; forwarding, which no hook takes back, stays too.
      await host.shell(
        "iptables -S; iptables -t nat -S; sysctl -qw net.ipv4.ip_forward=1",
      );
      await host.shell(
        "iptables -A FORWARD -j ACCEPT; iptables -D FORWARD -j ACCEPT",
      );
      await host.shell(
        "iptables -t nat -A POSTROUTING -j ACCEPT; iptables -t nat -D POSTROUTING -j ACCEPT",
      );
    });
    strictEqual((await scene.caktus("up")).code, 0);
    await scene.endsClean("down");
  },
);

caktusTest("down() needs neither the file nor the daemon", async (subject) => {
  await using scene = await Scene.build(
    subject,
    conf(
      "PostUp = ip rule add fwmark 9 table 9\nPostDown = ip rule del fwmark 9 table 9",
    ),
  );
  strictEqual((await scene.caktus("up")).code, 0);
  await scene.host.shell(
    `kill -9 $(${daemonPids("wg0")}); mv ${CONF} /run/kept.conf`,
  );
  const result = await scene.caktus("down");
  await scene.host.shell(`mv /run/kept.conf ${CONF}`);
  strictEqual(result.code, 0, failure(["down"], result));
  deepStrictEqual(await scene.changes(), []);
});

for (const signal of ["KILL", "TERM", "INT", "HUP"]) {
  caktusTest(
    `up() stopped by ${signal} at each of its steps, then down(), leaves nothing`,
    async (subject, test) => {
      // A kill loses most where most outlives the interface: the other signals find the same undoing.
      const text = signal === "KILL" ? whole(conf(HOOKS)) : conf(HOOKS);
      await using scene = await Scene.build(subject, text);
      const steps = await scene.countSteps();
      for (let step = 1; step <= steps; step++) {
        await test.step(`after step ${step} of ${steps}`, () =>
          scene.stopsAt(step, signal));
      }
    },
  );
}

for (const [name, lines, prepare] of failures()) {
  caktusTest(`up() that fails leaves nothing: ${name}`, async (subject) => {
    await using scene = await Scene.build(subject, conf(lines), prepare);
    const result = await scene.caktus("up");
    strictEqual(result.code, 1, failure(["up"], result));
    ok(/^caktus: /m.test(result.stderr), `no reason given: ${result.stderr}`);
    deepStrictEqual(await scene.changes(), [], result.stderr);
  });
}

caktusTest(
  "of two up() at once one wins, and the other touches nothing",
  async (subject) => {
    await using scene = await Scene.build(subject, conf("PostUp = sleep 1"));
    const codes = (await Promise.all([scene.caktus("up"), scene.caktus("up")]))
      .map(({ code }) => code);
    deepStrictEqual(codes.sort(), [0, 1]);
    ok(
      (await scene.host.run("wg", "show", "wg0")).code === 0,
      "the winner's interface is there",
    );
    await scene.endsClean("down");
  },
);

caktusTest(
  "each step of up() may fail: whatever the kernel refuses, nothing is left",
  async (subject, test) => {
    await using scene = await Scene.build(subject, conf(HOOKS));
    for (let nth = 1; nth < 60; nth++) {
      const result = await scene.refuse(nth);
      if (result.code === 0) {
        await scene.endsClean("down");
        ok(nth > 4, `only ${nth - 1} requests could be refused`);
        return;
      }
      await test.step(`request ${nth} is refused`, async () => {
        deepStrictEqual(await scene.changes(), [], result.stderr);
      });
    }
    throw new Error("up() never came to its end");
  },
);

/** Hooks that change what the snapshot sees, and take it back. */
const HOOKS = `
PreUp = ip rule add fwmark 7 table 7
PostDown = ip rule del fwmark 7 table 7
PostUp = ip route add 10.70.0.0/16 dev eth0
PreDown = ip route del 10.70.0.0/16 dev eth0
PostUp = true
`;

/** What can go wrong: a name, lines of [Interface], and what is done to the host before. */
function failures(): [string, string, ((host: Host) => Promise<unknown>)?][] {
  const undo = "PostDown = ip rule del fwmark 7 table 7";
  return [
    ["PreUp fails", "PreUp = false"],
    ["PostUp fails", "PostUp = false"],
    [
      "a later PostUp fails",
      `PostUp = ip rule add fwmark 7 table 7\nPostUp = false\n${undo}`,
    ],
    ["the port is taken", "", takePort],
    [
      "the interface exists",
      "",
      (host) => host.shell("ip link add wg0 type veth peer name wg0-other"),
    ],
    [
      "there is no /dev/net/tun",
      "",
      (host) => host.shell("mount -t tmpfs none /dev/net"),
    ],
    ["the MTU is impossible", "MTU = 100000"],
    ["the file is wrong", "Nonsense = 1"],
  ];
}

async function takePort(host: Host): Promise<void> {
  await host.spawn(["socat", "-u", "UDP4-RECV:51820,reuseaddr=0", "/dev/null"]);
  await sleep(200);
}

/** A host with a wg0.conf, and what it was before Caktus came. */
class Scene implements AsyncDisposable {
  private constructor(
    readonly host: Host,
    readonly peer: Peer,
    readonly before: Snapshot,
    readonly close: () => Promise<void>,
  ) {}

  static async build(
    peer: Peer,
    text: string,
    prepare?: (host: Host) => Promise<unknown>,
  ): Promise<Scene> {
    const { network, subject: host } = await direct();
    try {
      await host.write(CONF, text);
      await prepare?.(host);
      // Both exist from the first interface on, and hold nothing then.
      await host.shell("mkdir -p /run/wireguard /run/caktus");
      return new Scene(
        host,
        peer,
        await host.snapshot(),
        () => network.close(),
      );
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  caktus(word: string): Promise<Result> {
    return this.host.run(...commandOf(this.peer), word, "wg0");
  }

  async changes(): Promise<string[]> {
    return difference(this.before, await this.host.snapshot());
  }

  /** Runs a command that must succeed and leave nothing. */
  async endsClean(word: string): Promise<void> {
    const result = await this.caktus(word);
    strictEqual(result.code, 0, failure([word], result));
    deepStrictEqual(await this.changes(), [], result.stderr);
  }

  /** How many steps `up` echoes. */
  async countSteps(): Promise<number> {
    const result = await this.caktus("up");
    strictEqual(result.code, 0, failure(["up"], result));
    await this.endsClean("down");
    return (result.stderr.match(/^\[#\]/gm) ?? []).length;
  }

  /** Signals `up` as soon as it echoes that step. Unless it was killed, it undoes everything by itself. */
  async stopsAt(step: number, signal: string): Promise<void> {
    const up = await this.host.spawn([...commandOf(this.peer), "up", "wg0"]);
    await until(
      `step ${step}`,
      10_000,
      () =>
        (up.log.match(/^\[#\]/gm) ?? []).length >= step || up.process.ended ||
        undefined,
    );
    await up.kill(signal);
    const began = performance.now();
    const code = await up.process.exited;
    ok(
      performance.now() - began < UNDO_LIMIT,
      `${Math.round(performance.now() - began)} ms`,
    );
    // It may have come to its end before the signal did.
    if (signal === "KILL" || code === 0) await this.caktus("down");
    deepStrictEqual(await this.changes(), [], `status ${code}\n${up.log}`);
  }

  /** Runs `up` so that the nth of its requests to the kernel is refused. */
  refuse(nth: number): Promise<Result> {
    const inject = [
      "-e",
      "trace=sendto,sendmsg",
      "-e",
      `inject=sendto,sendmsg:error=EPERM:when=${nth}`,
    ];
    const command = [
      "strace",
      "-qq",
      "-o",
      "/dev/null",
      ...inject,
      ...commandOf(this.peer),
      "up",
      "wg0",
    ];
    return this.host.run(...command);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A wg0.conf with more lines in [Interface]. */
function conf(lines: string): string {
  const settings: Settings = {
    privateKey: keyPair().privateKey,
    listenPort: 51820,
    addresses: ["10.66.0.1/24", "fd66::1/64"],
    peers: [{
      publicKey: keyPair().publicKey,
      allowedIps: ["10.66.0.2/32", "10.80.0.0/16", "fd80::/64"],
    }],
  };
  return confText(settings).replace("[Interface]\n", `[Interface]\n${lines}\n`);
}

/** The same file with everything else through the tunnel too. */
function whole(text: string): string {
  return text.replace(/^(AllowedIPs = .*)$/m, "$1, 0.0.0.0/0, ::/0");
}
