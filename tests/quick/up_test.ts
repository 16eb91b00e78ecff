/**
 * `up` and `down` on a machine that only notes what it is asked, and fails where it is told to.
 *
 * @module
 */

import { deepStrictEqual, match, rejects, strictEqual } from "node:assert";
import { down } from "../../src/quick/down.ts";
import { Failure } from "../../src/quick/failure.ts";
import { Interrupts } from "../../src/quick/interrupts.ts";
import { withLock } from "../../src/quick/lock.ts";
import type { Machine } from "../../src/quick/machine.ts";
import { up, type UpRequest } from "../../src/quick/up.ts";
import type { UndoContext } from "../../src/quick/undo.ts";
import { conf, ROUTING } from "./samples.ts";

const FILE = conf(
  [
    "Address = 10.0.0.2/24",
    "PreUp = preup",
    "PostUp = postup",
    "PreDown = predown %i",
    "PreDown = predown 2",
    "PostDown = postdown",
  ].join("\n"),
  "AllowedIPs = 10.9.0.0/16",
);

const REQUEST: UpRequest = {
  name: "wg0",
  file: "/etc/wireguard/wg0.conf",
  config: FILE,
  settings: "set=1\n\n",
  endpoints: [],
};

/** What a fake machine did, and where it is to fail. */
class Notes {
  readonly made: string[] = [];
  readonly echoed: string[] = [];
  readonly warned: string[] = [];
  readonly interrupts = new Interrupts();
  link: number | undefined;
  sourceValidMark = { now: "0", before: "0" };
  /** Called before each deed. */
  before: (deed: string) => void = () => {};

  get context(): UndoContext {
    return {
      machine: this.#machine(),
      interrupts: this.interrupts,
      report: {
        step: (command) => this.echoed.push(command),
        warn: (text) => this.warned.push(text),
      },
    };
  }

  #machine(): Machine {
    const deed = (text: string) => {
      this.made.push(text);
      this.before(text);
    };
    return {
      indexOf: () => this.link,
      facts: () =>
        Promise.resolve({
          paths: [],
          defaultMtu: undefined,
          ipv6: true,
          owners: new Map(),
          routing: { ...ROUTING, sourceValidMark: this.sourceValidMark },
        }),
      probe: () => ({
        finish: () => Promise.resolve(new Map()),
        close: () => {},
      }),
      forwards: () => false,
      nameService: {
        ways: () => [],
        set: () => Promise.resolve(),
        restore: () => Promise.resolve(),
        restoreLost: () => Promise.resolve(false),
      },
      apply: (_name, index, { kind }) => deed(`${kind} on ${index}`),
      revert: (_name, { kind }) => deed(`undo ${kind}`),
      deleteLink: () => {
        deed("delete link");
        this.link = undefined;
      },
      startDaemon: (_name, started) => {
        deed("start");
        started({ pid: 1, started: 2 });
        this.link = 7;
        const ended = new Promise<string>(() => {});
        return Promise.resolve({ pid: 1, started: 2, ended });
      },
      stopDaemon: ({ pid }) => {
        deed(`stop ${pid}`);
        return Promise.resolve();
      },
      configure: () => Promise.resolve(deed("configure")),
      removeStaleSocket: () => Promise.resolve(),
      save: () => Promise.resolve(deed("save")),
      runHook: async (command) => await deed(command),
    };
  }
}

async function inFolder(work: (folder: string) => Promise<void>) {
  const folder = Deno.makeTempDirSync();
  try {
    await work(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function states(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".toml"));
}

const UP = [
  "start",
  "preup",
  "configure",
  "address on 7",
  "link on 7",
  "route on 7",
  "postup",
];
const DOWN = [
  "predown wg0",
  "predown 2",
  "stop 1",
  "delete link",
  "postdown",
];

Deno.test("up() and down() do all steps in order", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    await up(REQUEST, notes.context, folder);
    deepStrictEqual(notes.made.splice(0), UP);
    deepStrictEqual(states(folder), ["wg0.toml"]);
    await down("wg0", notes.context, folder);
    deepStrictEqual(notes.made, DOWN);
    deepStrictEqual(notes.echoed, [
      "caktus daemon wg0",
      "preup",
      "wg addconf wg0 <(wg-quick strip /etc/wireguard/wg0.conf)",
      "ip -4 address add 10.0.0.2/24 dev wg0",
      "ip link set mtu 1420 up dev wg0",
      "ip -4 route add 10.9.0.0/16 dev wg0",
      "postup",
      "predown wg0",
      "predown 2",
      "ip link delete dev wg0",
      "postdown",
    ]);
    deepStrictEqual(states(folder), []);
  });
});

for (const [i, step] of UP.entries()) {
  Deno.test(`up() undoes all when it fails at: ${step}`, async () => {
    await inFolder(async (folder) => {
      const notes = new Notes();
      notes.before = (deed) => {
        if (deed === step) throw new Failure("no", { hint: "way out" });
      };
      await rejects(
        up(REQUEST, notes.context, folder),
        (error: Failure) =>
          /^(wg0\.conf:\d+: P\w+: )?no$/.test(error.message) &&
          error.hint === (error.message === "no" ? "way out" : "") &&
          error.status === 1,
      );
      // Before the daemon has started there is nothing; before a hook has, no hook runs.
      const undone = i === 0 ? [] : DOWN;
      deepStrictEqual(notes.made, [...UP.slice(0, i + 1), ...undone]);
      deepStrictEqual(states(folder), []);
      strictEqual(notes.link, undefined);
    });
  });

  Deno.test(`up() undoes all when it is interrupted at: ${step}`, async () => {
    await inFolder(async (folder) => {
      const notes = new Notes();
      notes.before = (deed) => {
        if (deed === step) notes.interrupts.interrupt("SIGTERM");
      };
      await rejects(up(REQUEST, notes.context, folder), {
        message: "interrupted by SIGTERM",
        status: 143,
      });
      const undone = i === 0 ? ["stop 1", "delete link"] : DOWN;
      deepStrictEqual(notes.made, [...UP.slice(0, i + 1), ...undone]);
      deepStrictEqual(states(folder), []);
    });
  });
}

Deno.test("up() names the hooks that fail while it undoes", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    notes.before = (deed) => {
      if (/route|predown|postdown/.test(deed)) throw new Failure(`${deed}!`);
    };
    await rejects(up(REQUEST, notes.context, folder), {
      message: "route on 7!",
      hint: [
        "wg0.conf:6: PreDown: predown wg0!",
        "wg0.conf:7: PreDown: predown 2!",
        "wg0.conf:8: PostDown: postdown!",
      ].join("\n"),
    });
    deepStrictEqual(notes.made.slice(-5), DOWN);
  });
});

Deno.test("down() does everything though each step fails, and says what failed", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    await up(REQUEST, notes.context, folder);
    notes.made.length = 0;
    notes.before = (deed) => {
      throw new Failure(`${deed}!`);
    };
    await rejects(down("wg0", notes.context, folder), (error: Failure) => {
      strictEqual(error.message, "wg0 is down, but not all went well");
      match(error.hint, /PreDown.*\n.*PreDown.*\nstop 1!\n.*PostDown/);
      return true;
    });
    deepStrictEqual(notes.made, DOWN.filter((deed) => deed !== "delete link"));
    deepStrictEqual(states(folder), []);
  });
});

Deno.test("up() warns of search domains without a server, which change nothing", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    const config = conf("DNS = lan, corp.example");
    await up({ ...REQUEST, config }, notes.context, folder);
    deepStrictEqual(notes.warned, [
      "DNS has search domains, but no server: it changes nothing",
    ]);
  });
});

Deno.test("down() refuses what is not up", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    await rejects(down("wg0", notes.context, folder), {
      message: "wg0 is not up",
    });
    notes.link = 3;
    await rejects(down("wg0", notes.context, folder), {
      message: "wg0 was not brought up by caktus",
    });
    deepStrictEqual(notes.made, []);
  });
});

Deno.test("up() leaves an interface alone that is there already", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    notes.link = 3;
    await rejects(up(REQUEST, notes.context, folder), {
      message: "wg0 exists already",
    });
    deepStrictEqual([notes.made, states(folder)], [[], []]);
  });
});

Deno.test("up() first undoes what a killed daemon left", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    await up(REQUEST, notes.context, folder);
    notes.link = undefined;
    notes.made.length = 0;
    await up(REQUEST, notes.context, folder);
    strictEqual(notes.warned.length, 1);
    const remains = DOWN.filter((deed) => deed !== "delete link");
    deepStrictEqual(notes.made, [...remains, ...UP]);
  });
});

Deno.test("down() deletes no interface that came later under the same name", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    await up(REQUEST, notes.context, folder);
    notes.link = 99;
    await down("wg0", notes.context, folder);
    strictEqual(notes.link, 99);
  });
});

Deno.test("up() and down() of one interface exclude each other, and say who is at work", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    await withLock(folder, "wg0", async () => {
      const busy = {
        message: `another caktus (process ${Deno.pid}) is at work on wg0`,
      };
      await rejects(up(REQUEST, notes.context, folder), busy);
      await rejects(down("wg0", notes.context, folder), busy);
      await up({ ...REQUEST, name: "wg1" }, notes.context, folder);
    });
    deepStrictEqual(notes.made, UP);
  });
});

const WHOLE: UpRequest = {
  ...REQUEST,
  config: conf("Address = 10.0.0.2/24", "AllowedIPs = 0.0.0.0/0"),
};

Deno.test("down() undoes rules in their order, then what was made last first", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    await up(WHOLE, notes.context, folder);
    const made = ["rule", "rule", "route", "sysctl", "firewall"];
    deepStrictEqual(notes.made.splice(0).slice(-6), [
      "configure",
      ...made.map((kind) => `${kind} on 7`),
    ]);
    notes.echoed.length = 0;
    await down("wg0", notes.context, folder);
    deepStrictEqual(notes.echoed, [
      "ip -4 rule delete not fwmark 51820 table 51820 priority 32765",
      "ip -4 rule delete table main suppress_prefixlength 0 priority 32764",
      "nft -f /dev/fd/63",
      "sysctl -q net.ipv4.conf.all.src_valid_mark=0",
      "ip link delete dev wg0",
    ]);
  });
});

Deno.test("down() leaves a sysctl to the tunnel that still needs it, which puts back what was there before both", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    await up(WHOLE, notes.context, folder);
    notes.sourceValidMark = { now: "1", before: "1" };
    notes.link = undefined;
    notes.echoed.length = 0;
    await up({ ...WHOLE, name: "wg1" }, notes.context, folder);
    strictEqual(notes.echoed.some((line) => line.startsWith("sysctl")), false);
    notes.echoed.length = 0;
    await down("wg0", notes.context, folder);
    strictEqual(notes.echoed.some((line) => line.startsWith("sysctl")), false);
    await down("wg1", notes.context, folder);
    strictEqual(
      notes.echoed.filter((line) => line.startsWith("sysctl")).join(),
      "sysctl -q net.ipv4.conf.all.src_valid_mark=0",
    );
  });
});

Deno.test("down() of two tunnels at the same time puts a sysctl back once", async () => {
  await inFolder(async (folder) => {
    const notes = new Notes();
    await up(WHOLE, notes.context, folder);
    notes.sourceValidMark = { now: "1", before: "1" };
    notes.link = undefined;
    await up({ ...WHOLE, name: "wg1" }, notes.context, folder);
    notes.made.length = 0;
    await Promise.all(["wg0", "wg1"].map((name) => {
      return down(name, notes.context, folder);
    }));
    const undone = notes.made.filter((deed) => deed === "undo sysctl");
    deepStrictEqual(undone, ["undo sysctl"]);
    deepStrictEqual(states(folder), []);
  });
});
