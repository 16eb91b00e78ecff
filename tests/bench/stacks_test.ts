import assert from "node:assert/strict";
import { readSpeed } from "./cipher.ts";
import { readCounts } from "./profile.ts";
import { accountTable, isProfile, type Profile } from "./profile_table.ts";
import { CodeMap, ownerOf, parseStacks, partOf } from "./stacks.ts";

const KERNEL = "([kernel.kallsyms])";

/** A sample of a thread, its innermost function first. */
function stackOf(thread: string, ...lines: string[]) {
  const [stack] = parseStacks(
    `${thread} 7/9 \n${lines.map((line) => `\t  7f00 ${line}\n`).join("")}\n`,
  );
  return stack!;
}

Deno.test("parseStacks() reads threads with spaces, frames and samples without any", () => {
  const stacks = parseStacks(
    [
      "V8 DefaultWorke 17/18 ",
      `\tffffffff81e9b7a5 __skb_datagram_iter ${KERNEL}`,
      "\t    7f2d90086f7d [unknown] (/tmp/perf-17.map)",
      "",
      "swapper     0/0     ",
      "",
      "",
    ].join("\n"),
  );
  assert.deepEqual(stacks.map(({ thread, pid }) => [thread, pid]), [
    ["V8 DefaultWorke", 17],
    ["swapper", 0],
  ]);
  assert.deepEqual(stacks[1]!.frames, []);
  assert.deepEqual(stacks[0]!.frames[1], {
    address: 0x7f2d90086f7d,
    symbol: "[unknown]",
    module: "/tmp/perf-17.map",
  });
});

Deno.test("CodeMap.find() knows the latest code at an address", () => {
  const map = new CodeMap("1000 20 JS:old\n2000 10 two words\n1010 20 new\n\n");
  assert.equal(map.find(0x1000), "JS:old");
  assert.equal(map.find(0x1010), "new");
  assert.equal(map.find(0x102f), "new");
  assert.equal(map.find(0x1030), undefined);
  assert.equal(map.find(0x200f), "two words");
});

Deno.test("partOf() goes by the call that is in the kernel, softirq before it", () => {
  const part = (...symbols: string[]) =>
    partOf(
      stackOf("deno", ...symbols.map((each) => `${each} ${KERNEL}`)),
      symbols[0]!,
    );
  assert.deepEqual([
    part("_copy_to_iter", "tun_do_read", "tun_chr_read_iter", "ksys_read"),
    part("tcp_v4_rcv", "tun_get_user", "tun_chr_write_iter"),
    part("udp_sendmsg", "__sys_sendmmsg", "__x64_sys_sendmmsg"),
    part("udp_rcv", "net_rx_action", "udp_sendmsg", "__x64_sys_sendmmsg"),
    part("_copy_to_iter", "do_recvmmsg", "__x64_sys_recvmmsg"),
    part("schedule", "do_sys_poll", "__x64_sys_poll"),
    part("schedule", "__x64_sys_epoll_pwait"),
    part("clear_page_erms", "exc_page_fault"),
  ], [
    ...["TUN read", "TUN write", "UDP send", "network in softirq"],
    ...["UDP receive", "waiting and waking", "waiting and waking"],
    "kernel, other",
  ]);
});

Deno.test("partOf() tells cipher, own code and runtime apart", () => {
  const part = (name: string, thread = "deno", module = "/usr/bin/deno") =>
    partOf(stackOf(thread, `[unknown] (${module})`), name);
  const wireguard = "golang.zx2c4.com/wireguard";
  assert.deepEqual([
    part("JS:wasm-function[14]-14-turbofan"),
    part("golang.org/x/crypto/chacha20poly1305.chacha20Poly1305Seal.abi0"),
    part(`${wireguard}/tun.checksumNoFold`),
    part("JS:*'splitTrain file:///src/offload/split.ts:52:20"),
    part(`${wireguard}/device.(*Device).RoutineEncryption`),
    part("JS:^Immediate ext:deno_node/internal/timers.mjs:287:3"),
    part("Builtin:CallFunction"),
    part("[unknown in deno]"),
    part("[unknown in deno]", "V8 DefaultWorke"),
    part("runtime.memmove"),
    part("__memmove_avx_unaligned_erms"),
    part("runtime.mapaccess2"),
    part("[unknown in gotatun]", "gotatun", "/cache/bin/gotatun"),
  ], [
    ...Array(3).fill("cipher and checksums"),
    ...Array(2).fill("own code"),
    ...Array(3).fill("runtime"),
    "collector and compiler",
    ...Array(2).fill("copies in the program"),
    ...["runtime", "own code"],
  ]);
});

Deno.test("ownerOf() knows daemons by number and others by name", () => {
  const daemons = new Set([7]);
  const owner = (head: string) => ownerOf(parseStacks(head)[0]!, daemons);
  assert.deepEqual(
    ["deno 7/8 ", "swapper 0/0 ", "iperf3 9/9 ", "deno 8/8 "].map(owner),
    ["daemons", "idle", "iperf3", "others"],
  );
});

Deno.test("readCounts() gives calls for a gigabyte, without what was not called", () => {
  const text = [
    "40,,syscalls:sys_enter_read,1,100.00,,",
    "0,,syscalls:sys_enter_write,1,100.00,,",
    "<not counted>,,syscalls:sys_enter_poll,0,100.00,,",
  ].join("\n");
  assert.deepEqual(readCounts(text, 2), { read: 20 });
});

Deno.test("readSpeed() reads openssl speed", () => {
  const text = "+H:1420\n+F:25:ChaCha20-Poly1305:1312464820.50\n";
  assert.equal(readSpeed(text), 1312464820.5);
  assert.throws(() => readSpeed("unknown cipher"), /openssl speed/);
});

Deno.test("accountTable() sums parts up and leaves out those that nobody has", () => {
  const profile: Profile = {
    command: "",
    accounts: [{
      ...{ name: "caktus", gigabytes: 2, owners: { idle: 12.5 } },
      parts: { "own code": 1, runtime: 0.5 },
      calls: { read: 1000 },
    }, {
      ...{ name: "other", gigabytes: 1, owners: {} },
      parts: { "own code": 3 },
      calls: { futex: 10 },
    }],
  };
  const text = accountTable(profile);
  assert.match(text, /^\| own code \| 1.00 \| 3.00 \|$/m);
  assert.match(text, /^\| runtime \| 0.50 \| 0.00 \|$/m);
  assert.match(text, /^\| all \| \*\*1.50\*\* \| \*\*3.00\*\* \|$/m);
  assert.match(text, /^\| idle \| 12.5 \| 0.00 \|$/m);
  assert.match(text, /^\| futex \| 0.00 \| 10.0 \|$/m);
  assert.doesNotMatch(text, /TUN read/);
  assert.ok(isProfile(profile));
  assert.ok(!isProfile({ samples: [] }));
});

Deno.test("accountTable() gives means of rounds, what one lacks being nothing", () => {
  const account = (seconds: number, calls: Record<string, number>) => ({
    ...{ name: "caktus", gigabytes: 1, owners: {}, calls },
    parts: { runtime: seconds },
  });
  const text = accountTable({
    command: "",
    accounts: [account(1, { read: 1000 }), account(2, {})],
  });
  assert.match(text, /^\| CPU of both daemons, s\/GB \| caktus \|$/m);
  assert.match(text, /^\| all \| \*\*1.50\*\* \|$/m);
  assert.match(text, /^\| read \| 500 \|$/m);
});
