/** Clients of the UAPI socket that behave badly, or ask for much, while packets pass. */

import { ok, strictEqual } from "node:assert";
import { sleep } from "../interop/process.ts";
import { keyPair } from "../interop/settings.ts";
import {
  type Daemon,
  hostTest,
  Pair,
  pingsDuring,
  readAnswer,
  writeAll,
} from "./hosts.ts";

/** Milliseconds for which a ping may be late because of a client that does nothing. */
const LATE = 50;
/** The same while much is asked for, on a machine that has other work to do. */
const LATE_AT_WORK = 1_000;

/** Times that it is tried: what else the machine does makes some pings late, but not each time. */
const ATTEMPTS = 3;

/** Pings while nothing else happens; then while `work` goes on: none is lost, and none is late. */
async function undisturbed(
  pair: Pair,
  late: number,
  work: () => Promise<void>,
): Promise<void> {
  const seen: unknown[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [from, to] = [pair.left.host, pair.right.v4];
    const quiet = await pingsDuring(from, to, () => sleep(500));
    const busy = await pingsDuring(from, to, work);
    // The one that is on its way when ping is ended has no answer.
    ok(busy.sent - busy.received <= 1, JSON.stringify(busy));
    if (busy.longest < quiet.longest + late) return;
    seen.push({ quiet, busy });
  }
  throw new Error(`late each time: ${JSON.stringify(seen)}`);
}

hostTest(
  "clients that stall, write garbage, go away or do not read hold up nobody",
  async () => {
    await using pair = await Pair.up();
    const { daemon } = pair.left;
    await setPeers(daemon, 200);
    await undisturbed(pair, LATE, async () => {
      const stalled = await Promise.all(
        Array.from({ length: 100 }, () => daemon.connect()),
      );
      await Promise.all(
        stalled.map((each) => writeAll(each, "set=1\nfwmark=9\nprivate_k")),
      );
      await garbage(daemon);
      await goAway(daemon);
      const deaf = await doNotRead(daemon);
      strictEqual(
        (await daemon.ask("get=1\n\n")).endsWith("errno=0\n\n"),
        true,
      );
      for (const each of [...stalled, ...deaf]) each.close();
    });
    strictEqual(
      await pair.left.host.must("wg", "show", "wg0", "fwmark"),
      "off\n",
    );
    strictEqual(await daemon.log(), "");
  },
);

async function garbage(daemon: Daemon): Promise<void> {
  const bytes = new Uint8Array(200_000);
  for (let at = 0; at < bytes.length; at += 50_000) {
    crypto.getRandomValues(bytes.subarray(at, at + 50_000));
  }
  for (
    const text of [
      "\n\n",
      "get\n\n",
      "GET / HTTP/1.1\r\n\r\n",
      "set=1\n=\n\n",
      "\0\n\n",
    ]
  ) {
    const connection = await daemon.connect();
    await writeAll(connection, text);
    await readAnswer(connection).catch(() => {});
    connection.close();
  }
  const connection = await daemon.connect();
  await connection.write(bytes).catch(() => {});
  connection.close();
}

/** Each asks and leaves: before its answer, in its midst, and after half a request. */
async function goAway(daemon: Daemon): Promise<void> {
  for (let i = 0; i < 50; i++) {
    const connection = await daemon.connect();
    await writeAll(connection, i % 3 === 0 ? "get=1\n" : "get=1\n\n");
    if (i % 3 === 2) await connection.read(new Uint8Array(10));
    connection.close();
  }
}

/** Each asks many times and reads nothing. */
async function doNotRead(daemon: Daemon): Promise<Deno.UnixConn[]> {
  const connections: Deno.UnixConn[] = [];
  for (let i = 0; i < 10; i++) {
    const connection = await daemon.connect();
    writeAll(connection, "get=1\n\n".repeat(2_000)).catch(() => {});
    connections.push(connection);
  }
  await sleep(300);
  return connections;
}

/** One request for peers that nobody knows, each with two prefixes and an endpoint where nobody answers. */
function setRequest(keys: string[], remove: boolean): string {
  const lines = keys.map((key, i) =>
    remove
      ? `public_key=${key}\nremove=true`
      : `public_key=${key}\nendpoint=10.8.0.200:${
        1000 + i
      }\npersistent_keepalive_interval=25\n` +
        `replace_allowed_ips=true\nallowed_ip=10.${100 + (i >> 8)}.${
          i & 255
        }.0/24\nallowed_ip=fd00:${(i + 16).toString(16)}::/32`
  );
  return `set=1\n${lines.join("\n")}\n\n`;
}

function randomKeys(count: number): string[] {
  return Array.from(
    { length: count },
    () =>
      Array.from(
        atob(keyPair().publicKey),
        (letter) => letter.charCodeAt(0).toString(16).padStart(2, "0"),
      ).join(""),
  );
}

async function setPeers(daemon: Daemon, count: number): Promise<void> {
  strictEqual(
    await daemon.ask(setRequest(randomKeys(count), false)),
    "errno=0\n\n",
  );
}

hostTest(
  "1,500 peers are set, shown and removed in seconds, and no ping is lost meanwhile",
  async () => {
    await using pair = await Pair.up();
    const { daemon, host } = pair.left;
    const keys = randomKeys(1_500);
    const timed = async (
      what: string,
      limit: number,
      work: () => Promise<unknown>,
    ) => {
      const start = performance.now();
      await work();
      const time = performance.now() - start;
      console.log(`  ${what}: ${time.toFixed(0)} ms`);
      ok(time < limit, `${what} took ${time} ms`);
    };
    await undisturbed(pair, LATE_AT_WORK, async () => {
      await timed(
        "set",
        5_000,
        async () =>
          strictEqual(await daemon.ask(setRequest(keys, false)), "errno=0\n\n"),
      );
      await sleep(500);
      await timed("get", 5_000, async () => {
        const answer = await daemon.ask("get=1\n\n");
        strictEqual(answer.match(/^public_key=/gm)?.length, 1_501);
      });
      await timed("wg show", 5_000, async () => {
        const shown = await host.must("wg", "show", "wg0", "dump");
        strictEqual(shown.trim().split("\n").length, 1_502);
      });
      await timed("drops", 5_000, () => daemon.ask("drops=1\n\n"));
      await timed(
        "remove",
        5_000,
        async () =>
          strictEqual(await daemon.ask(setRequest(keys, true)), "errno=0\n\n"),
      );
    });
    strictEqual(
      (await host.must("wg", "show", "wg0", "peers")).trim(),
      pair.right.keys.publicKey,
    );
    strictEqual(await daemon.log(), "");
  },
);
