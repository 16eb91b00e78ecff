/**
 * `up` and `down` on a real kernel, in a sandbox: what is there afterwards is what was there before.
 *
 * @module
 */

import { match, ok, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { CAKTUS, FILES, Sandbox } from "./sandbox.ts";
import { CAKTUS as PROGRAM, SOURCE } from "../program.ts";
import { confText } from "./samples.ts";

const CONF = confText(
  [
    "Address = 10.0.0.2/24, fd00::2/64",
    "ListenPort = 51820",
    "PreUp = echo preup >> log",
    "PostUp = echo postup >> log; ip rule add to 10.77.0.0/16 lookup 77",
    "PreDown = echo predown >> log",
    "PostDown = echo postdown >> log; ip rule del to 10.77.0.0/16 lookup 77 2> /dev/null || true",
  ].join("\n"),
  [
    "Endpoint = 192.0.2.1:51820",
    "AllowedIPs = 10.0.0.1/32, 10.9.0.0/16, fd00:9::/64",
    "PersistentKeepalive = 25",
  ].join("\n"),
);

const CAKTUS_IS_SOURCE = PROGRAM === SOURCE;

/** The same, with everything else through the tunnel too. */
const WHOLE = CONF.replace("10.9.0.0/16,", "10.9.0.0/16, 0.0.0.0/0, ::/0,");

/** Steps of WHOLE that can fail: those of CONF, a mark, four rules, two routes, a sysctl, two tables. */
const STEPS = 9 + 1 + 4 + 2 + 1 + 2;

rootTest("up and down leave the machine as it was", async () => {
  await using box = await Sandbox.create();
  await box.write("wg0.conf", CONF);
  const before = await box.snapshot();
  const up = await box.caktus("up");
  strictEqual(up.status, 0, up.stderr);
  strictEqual(
    up.stderr,
    [
      "[#] caktus daemon wg0",
      "[#] echo preup >> log",
      `[#] wg addconf wg0 <(wg-quick strip ${FILES}/wg0.conf)`,
      "[#] ip -4 address add 10.0.0.2/24 dev wg0",
      "[#] ip -6 address add fd00::2/64 dev wg0",
      "[#] ip link set mtu 1420 up dev wg0",
      "[#] ip -6 route add fd00:9::/64 dev wg0",
      "[#] ip -4 route add 10.9.0.0/16 dev wg0",
      "[#] echo postup >> log; ip rule add to 10.77.0.0/16 lookup 77",
      "",
    ].join("\n"),
  );
  const links =
    (await box.run("ip address show wg0; ip route; ip -6 route")).stdout;
  match(links, /mtu 1420/);
  match(links, /inet 10\.0\.0\.2\/24/);
  match(links, /inet6 fd00::2\/64/);
  match(links, /10\.9\.0\.0\/16 dev wg0 scope link/);
  match(links, /fd00:9::\/64 dev wg0/);
  ok(!/fe80.*wg0/.test(links));

  const again = await box.caktus("up");
  strictEqual(again.status, 1);
  strictEqual(
    again.stderr,
    "caktus: wg0 exists already\n  take it down first: caktus down wg0\n",
  );

  await box.run(`echo changed > ${FILES}/wg0.conf`);
  const down = await box.caktus("down");
  strictEqual(down.status, 0, down.stderr);
  strictEqual(await box.snapshot(), before);
  const log = (await box.run(`cat ${FILES}/log`)).stdout;
  strictEqual(log, "preup\npostup\npredown\npostdown\n");
});

rootTest("down undoes what a killed daemon left", async () => {
  await using box = await Sandbox.create();
  await box.write("wg0.conf", WHOLE);
  const before = await box.snapshot();
  strictEqual((await box.caktus("up")).status, 0);
  const kill =
    "kill -9 $(sed -n 's/^pid = //p' /run/caktus/wg0.toml); sleep 0.1";
  await box.run(kill);
  const next = await box.caktus("up");
  match(next.stderr, /what it left is undone first/);
  strictEqual(next.status, 0, next.stderr);
  const twins = "ip rule | sed 's/^[0-9]*//' | sort | uniq -d";
  strictEqual((await box.run(twins)).stdout, "");
  await box.run(`${kill}; rm ${FILES}/wg0.conf`);
  const down = await box.caktus("down wg0");
  strictEqual(down.status, 0, down.stderr);
  strictEqual(await box.snapshot(), before);
});

/** Always from source: a failure cannot be planted in the binary. */
if (CAKTUS_IS_SOURCE) {
  rootTest(
    "up fails at any step and leaves the machine as it was",
    async () => {
      await using box = await Sandbox.create();
      const file = await box.write("wg0.conf", WHOLE);
      const program = new URL("fail_at.ts", import.meta.url).pathname;
      const { status, stdout, stderr } = await box.run(
        `cd ${FILES}; deno run -A ${program} ${file}`,
      );
      const lines = Array.from(
        { length: STEPS },
        (_, i) => `${i + 1} before: clean\n`,
      );
      lines.splice(1, 0, "1 after: clean\n");
      strictEqual(stdout, lines.join(""), stderr);
      strictEqual(status, 0, stderr);
    },
  );
}

for (const signal of ["INT", "TERM", "HUP"]) {
  rootTest(
    `up ends its hook and undoes all within 3 s on ${signal}`,
    async () => {
      await using box = await Sandbox.create();
      await box.write(
        "wg0.conf",
        confText(
          "Address = 10.0.0.2/24\nPostUp = touch begun; sleep 300\nPostDown = touch ended",
        ),
      );
      const before = await box.snapshot();
      const { status, stdout, stderr } = await box.run(`
      cd ${FILES}
      ${CAKTUS} up & pid=$!
      while ! [ -e begun ]; do sleep 0.05; done
      began=$(date +%s%N); kill -${signal} $pid; wait $pid; status=$?
      echo $(( ($(date +%s%N) - began) / 1000000 ))
      pgrep -f '^sleep 300$'; ls ended
      exit $status`);
      ok(status > 128, stderr);
      match(stderr, new RegExp(`caktus: interrupted by SIG${signal}\n$`));
      const [took, ...rest] = stdout.trim().split("\n");
      ok(Number(took) < 3_000, `${took} ms`);
      strictEqual(rest.join(), "ended");
      strictEqual(await box.snapshot(), before);
    },
  );
}

rootTest(
  "up --foreground stays until a signal, and ends when its daemon does",
  async () => {
    await using box = await Sandbox.create();
    await box.write("wg0.conf", CONF);
    const before = await box.snapshot();
    const start = `
    cd ${FILES}
    ${CAKTUS} up --foreground & pid=$!
    while ! grep -q complete /run/caktus/wg0.toml 2> /dev/null; do sleep 0.05; done`;
    const end = "wait $pid; exit $?";

    const ended = await box.run(`${start}; sleep 0.2; kill -TERM $pid; ${end}`);
    strictEqual(ended.status, 0, ended.stderr);
    match(ended.stderr, /\[#\] echo predown >> log\n/);
    strictEqual(await box.snapshot(), before);

    const kill = "kill -9 $(sed -n 's/^pid = //p' /run/caktus/wg0.toml)";
    const killed = await box.run(`${start}; ${kill}; ${end}`);
    strictEqual(killed.status, 1, killed.stderr);
    match(killed.stderr, /caktus: the daemon of wg0 was ended by SIGKILL\n$/);
    strictEqual(await box.snapshot(), before);

    const elsewhere = await box.run(`${start}; ${CAKTUS} down wg0; ${end}`);
    strictEqual(elsewhere.status, 0, elsewhere.stderr);
    strictEqual(await box.snapshot(), before);
  },
);

rootTest(
  "of two up at once one wins, and the other touches nothing",
  async () => {
    await using box = await Sandbox.create();
    await box.write(
      "wg0.conf",
      confText("Address = 10.0.0.2/24\nPreUp = sleep 1"),
    );
    const { stdout, stderr } = await box.run(`
    cd ${FILES}
    ${CAKTUS} up & one=$!
    ${CAKTUS} up & two=$!
    wait $one; a=$?; wait $two; echo $(( a + $? ))
    ip link show wg0 > /dev/null && echo there`);
    strictEqual(stdout, "1\nthere\n", stderr);
    match(stderr, /caktus: another caktus \(process \d+\) is at work on wg0\n/);
  },
);

rootTest("down runs every hook though one fails, and says which", async () => {
  await using box = await Sandbox.create();
  await box.write(
    "wg0.conf",
    confText("PreDown = exit 5\nPreDown = touch two\nPostDown = touch three"),
  );
  const before = await box.snapshot();
  strictEqual((await box.caktus("up")).status, 0);
  const down = await box.caktus("down");
  strictEqual(down.status, 1);
  match(
    down.stderr,
    /caktus: wg0 is down, but not all went well\n {2}wg0\.conf:3: PreDown: failed with status 5\n$/,
  );
  strictEqual((await box.run(`cd ${FILES}; ls two three`)).status, 0);
  strictEqual(await box.snapshot(), before);
});

rootTest("a hook may set the private key, and its key survives", async () => {
  await using box = await Sandbox.create();
  await box.write("key", "AAIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH2A=\n");
  await box.write(
    "wg0.conf",
    "[Interface]\nPreUp = wg set %i private-key <(cat key)\n",
  );
  const up = await box.caktus("up");
  strictEqual(up.status, 0, up.stderr);
  const key = await box.caktus("show wg0 private-key");
  strictEqual(key.stdout, "AAIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eH2A=\n");
});
