/** Connections of the UAPI socket and their limits of time. */

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert";
import { Client } from "../../src/driver/client.ts";

/** Both ends of a connection. */
async function connected(
  work: (client: Client, other: Deno.UnixConn) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/socket`;
  using listener = Deno.listen({ transport: "unix", path });
  const [other, accepted] = await Promise.all([
    Deno.connect({ transport: "unix", path }),
    listener.accept(),
  ]);
  const client = new Client(accepted);
  try {
    await work(client, other);
  } finally {
    client.close();
    other.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("read() waits for ever without a limit, and write() writes everything", () =>
  connected(async (client, other) => {
    const buffer = new Uint8Array(10);
    const read = client.read(buffer, Infinity);
    await other.write(Uint8Array.of(1, 2));
    strictEqual(await read, 2);
    const long = new Uint8Array(1 << 20).fill(7);
    const written = client.write(long, 10_000);
    const got: number[] = [];
    for (let left = long.length; left > 0;) {
      const part = new Uint8Array(65536);
      const length = (await other.read(part))!;
      got.push(...new Set(part.subarray(0, length)));
      left -= length;
    }
    await written;
    deepStrictEqual([...new Set(got)], [7]);
  }));

Deno.test("read() ends the connection when its time is over, and closing it again is no mistake", () =>
  connected(async (client, other) => {
    const start = performance.now();
    await rejects(client.read(new Uint8Array(10), 50));
    ok(performance.now() - start < 5_000);
    client.close();
    client.close();
    strictEqual(await other.read(new Uint8Array(10)), null);
  }));

Deno.test("write() waits no longer for one who does not read, and disturbs nobody when that one goes", () =>
  connected(async (client, other) => {
    await rejects(client.write(new Uint8Array(16 << 20), 50));
    const buffer = new Uint8Array(1 << 20);
    while (await other.read(buffer).catch(() => null) !== null);
  }));

Deno.test("read() whose time is over already ends the connection too", () =>
  connected(async (client) => {
    await rejects(client.read(new Uint8Array(10), -1));
  }));
