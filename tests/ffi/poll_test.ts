/**
 * Waiting: poll, wake and files that go.
 *
 * @module
 */

import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert";
import { FileWatch } from "../../ffi/inotify.ts";
import { Poll, POLLIN, POLLNVAL, Wake } from "../../ffi/poll.ts";

Deno.test("Poll.check() sees what is ready and nothing else", () => {
  const poll = new Poll(), one = new Wake(), two = new Wake();
  poll.add(one.fd);
  poll.add(two.fd);
  strictEqual(poll.check(), 0);
  two.wake();
  two.wake();
  strictEqual(poll.check(), 1);
  deepStrictEqual([poll.ready(one.fd), poll.ready(two.fd)], [0, POLLIN]);
  two.drain();
  two.drain(); // nothing to take back is no error
  strictEqual(poll.check(), 0);
  poll.remove(one.fd);
  poll.remove(one.fd);
  one.close();
  two.wake();
  strictEqual(poll.check(), 1);
  strictEqual(poll.ready(one.fd), 0);
  two.close();
  strictEqual(poll.check(), 1);
  strictEqual(poll.ready(two.fd), POLLNVAL);
});

Deno.test("Poll.wait() ends by a wake, by time, and holds up no timer", async () => {
  const poll = new Poll(), wake = new Wake();
  poll.add(wake.fd);
  const started = performance.now();
  strictEqual(await poll.wait(30), 0);
  ok(performance.now() - started >= 29);
  setTimeout(() => wake.wake(), 20);
  strictEqual(await poll.wait(-1), 1);
  strictEqual(poll.ready(wake.fd), POLLIN);
  wake.close();
});

Deno.test("Poll's descriptors may change while it waits", async () => {
  const poll = new Poll();
  const wakes = Array.from({ length: 4 }, () => new Wake());
  const [first, second, third, late] = wakes as [Wake, Wake, Wake, Wake];
  for (const { fd } of [first, second, third]) poll.add(fd);
  const waiting = poll.wait(-1);
  await rejects(poll.wait(0), TypeError);
  poll.remove(first.fd);
  poll.add(late.fd);
  late.wake(); // not seen by this wait
  third.wake();
  strictEqual(await waiting, 1);
  deepStrictEqual(wakes.map(({ fd }) => poll.ready(fd)), [0, 0, POLLIN, 0]);
  strictEqual(poll.check(), 2);
  wakes.forEach((wake) => wake.close());
});

Deno.test("FileWatch hears that a socket's name is gone while it is listened on, and that another took it", async () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/a.sock`;
  const listener = Deno.listen({ transport: "unix", path });
  using watch = new FileWatch(path);
  const poll = new Poll();
  poll.add(watch.fd);
  Deno.chmodSync(path, 0o600);
  strictEqual(await poll.wait(1000), 1);
  strictEqual(watch.gone(), false);
  strictEqual(poll.check(), 0);
  Deno.removeSync(path);
  strictEqual(await poll.wait(1000), 1);
  strictEqual(watch.gone(), true);
  Deno.writeTextFileSync(path, "another");
  strictEqual(watch.gone(), true);
  listener.close();
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("FileWatch tells of a file that is not there", () => {
  throws(() => new FileWatch("/nowhere/x.sock"), {
    call: "inotify_add_watch",
    code: "ENOENT",
  });
});

Deno.test("pause() ends when a descriptor is ready, and only counts it", () => {
  const poll = new Poll(), wake = new Wake(), hint = new Wake();
  poll.add(wake.fd);
  strictEqual(poll.pause(1, hint.fd), 0);
  hint.wake();
  const start = performance.now();
  strictEqual(poll.pause(10_000, hint.fd), 0);
  wake.wake();
  strictEqual(poll.pause(10_000, hint.fd), 1);
  strictEqual(poll.pause(10_000, undefined), 1);
  strictEqual(poll.ready(wake.fd), POLLIN);
  strictEqual(poll.ready(hint.fd), 0);
  ok(performance.now() - start < 5_000);
  wake.close();
  hint.close();
});

const ffi = new URL("../../ffi", import.meta.url);

/** Pauses until a client has come to a socket of Deno's, and prints in how many milliseconds that was noticed. */
const NOTICE = `
  import { eventLoopDescriptor } from "${ffi}/descriptors.ts";
  import { Poll } from "${ffi}/poll.ts";
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connection;
  listener.accept().then((accepted) => connection = accepted);
  const poll = new Poll(), hint = eventLoopDescriptor();
  await poll.wait(1);
  new Deno.Command("bash", {
    args: ["-c", "sleep 0.2; exec 3<>/dev/tcp/127.0.0.1/" + listener.addr.port],
  }).spawn().unref();
  const start = performance.now();
  while (connection === undefined) {
    poll.pause(9_000, hint);
    await poll.wait(0);
  }
  console.log(performance.now() - start);
  Deno.exit();
`;

// In a process of its own, for each of Deno's test workers has an event loop beside the program's.
Deno.test("eventLoopDescriptor() ends a pause for what Deno's own sockets have to say", () => {
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: ["eval", NOTICE],
  }).outputSync();
  const milliseconds = Number(new TextDecoder().decode(stdout));
  ok(milliseconds >= 100 && milliseconds < 5_000, `${milliseconds} ms`);
});
