import { deepStrictEqual, ok, strictEqual } from "node:assert";
import fc from "fast-check";
import { formatPrefix } from "../../src/config/prefix.ts";
import { formatSet, parseSet } from "../../src/config/uapi_set.ts";
import { deviceChange } from "./arbitraries.ts";

const A = "aa".repeat(32);
const B = "bb".repeat(32);
const ZERO = "00".repeat(32);

Deno.test("parseSet() reads every line that stock wg(8) writes", () => {
  const { change, error } = parseSet([
    "set=1",
    `private_key=${"ff".repeat(32)}`,
    "listen_port=51820",
    "fwmark=4294967295",
    "replace_peers=true",
    `public_key=${A}`,
    "update_only=true",
    `preshared_key=${B.toUpperCase()}`,
    "endpoint=[fd00::1]:51820",
    "persistent_keepalive_interval=65535",
    "replace_allowed_ips=true",
    "allowed_ip=10.0.0.2/32",
    "allowed_ip=-fd00::/64",
    "protocol_version=1",
    `public_key=${B}`,
    "remove=true",
    "\n",
  ].join("\n"));
  strictEqual(error, undefined);
  // A private key is clamped as it is read (RFC 7748 §5).
  strictEqual(change.privateKey![0], 0xf8);
  strictEqual(change.privateKey![31], 0x7f);
  strictEqual(change.listenPort, 51820);
  strictEqual(change.fwmark, 0xffffffff);
  strictEqual(change.replacePeers, true);
  const [first, second] = change.peers;
  strictEqual(first?.updateOnly, true);
  strictEqual(first.presharedKey![0], 0xbb);
  strictEqual(first.endpoint!.port, 51820);
  strictEqual(first.persistentKeepaliveSeconds, 65535);
  strictEqual(first.replaceAllowedIps, true);
  deepStrictEqual(
    first.allowedIps.map(({ prefix, remove }) => [
      formatPrefix(prefix),
      remove,
    ]),
    [["10.0.0.2/32", undefined], ["fd00::/64", true]],
  );
  strictEqual(second?.remove, true);
});

Deno.test("parseSet() clears keys that are all zeros", () => {
  const { change } = parseSet(
    `set=1\nprivate_key=${ZERO}\npublic_key=${A}\npreshared_key=${ZERO}\n\n`,
  );
  strictEqual(change.privateKey, null);
  strictEqual(change.peers[0]?.presharedKey, null);
});

Deno.test("parseSet() answers wrong lines with the numbers of wireguard-go", () => {
  const cases: [string, number, string][] = [
    ["private_key=00", -22, "private_key"],
    [`private_key=${"g".repeat(64)}`, -22, "private_key"],
    ["private_key", -71, ""],
    ["listen_port=65536", -22, "listen_port"],
    ["listen_port=", -22, "listen_port"],
    ["listen_port=+1", -22, "listen_port"],
    ["fwmark=4294967296", -22, "fwmark"],
    ["fwmark=0x1", -22, "fwmark"],
    ["replace_peers=false", -22, "replace_peers"],
    ["endpoint=1.2.3.4:1", -22, "endpoint"],
    ["get=1", -22, "get"],
    [`${A}=`, -22, ""],
    [`public_key=${"a".repeat(63)}`, -22, "public_key"],
    ["x".repeat(65536), -5, ""],
  ];
  for (const [line, errno, key] of cases) {
    const { error } = parseSet(`set=1\n${line}\n\n`);
    deepStrictEqual(error, { errno, line: 2, key }, line);
  }
});

Deno.test("parseSet() answers wrong lines of a peer with the numbers of wireguard-go", () => {
  const wrong = [
    "listen_port=1",
    "private_key=" + A,
    "update_only=1",
    "remove=",
    "preshared_key=" + A + "aa",
    "endpoint=vpn.example:1",
    "endpoint=[1.2.3.4]:1",
    "persistent_keepalive_interval=off",
    "persistent_keepalive_interval=65536",
    "replace_allowed_ips=yes",
    "allowed_ip=10.0.0.1",
    "allowed_ip=10.0.0.1/33",
    "allowed_ip=10.0.0.1/08",
    "allowed_ip=+10.0.0.1/32",
    "allowed_ip=fe80::1%eth0/64",
    "protocol_version=2",
    "unknown=1",
  ];
  for (const line of wrong) {
    const { error } = parseSet(`set=1\npublic_key=${A}\n${line}\n\n`);
    strictEqual(error?.errno, -22, line);
    strictEqual(error.line, 3);
  }
  const { error } = parseSet(`set=1\npublic_key=${A}\nremove\n\n`);
  strictEqual(error?.errno, -71);
});

Deno.test("parseSet() keeps what stood before the error", () => {
  const { change, error } = parseSet(
    `set=1\nlisten_port=7\npublic_key=${A}\nallowed_ip=10.0.0.0/8\nallowed_ip=x\nallowed_ip=11.0.0.0/8\n\n`,
  );
  strictEqual(error?.line, 5);
  strictEqual(change.listenPort, 7);
  strictEqual(change.peers.length, 1);
  strictEqual(change.peers[0]?.allowedIps.length, 1);
});

Deno.test("parseSet() ends at the blank line, and takes carriage returns", () => {
  const { change, error } = parseSet(
    "set=1\r\nlisten_port=7\r\n\r\nlisten_port=8\n",
  );
  strictEqual(error, undefined);
  strictEqual(change.listenPort, 7);
});

Deno.test("parseSet() gives prefixes away again that stand before replace_allowed_ips", () => {
  const { change } = parseSet(
    `set=1\npublic_key=${A}\nupdate_only=true\nallowed_ip=10.0.0.0/8\nreplace_allowed_ips=true\nallowed_ip=11.0.0.0/8\n\n`,
  );
  const said = change.peers.map((
    { updateOnly, replaceAllowedIps, allowedIps },
  ) => [updateOnly, replaceAllowedIps, allowedIps.length]);
  deepStrictEqual(said, [[true, undefined, 1], [true, true, 1]]);
});

Deno.test("parseSet() lets update_only hold for all lines of its peer", () => {
  const { change } = parseSet(
    `set=1\npublic_key=${A}\nallowed_ip=10.0.0.0/8\nreplace_allowed_ips=true\nupdate_only=true\npublic_key=${B}\n\n`,
  );
  const updateOnly = change.peers.map(({ updateOnly }) => updateOnly);
  deepStrictEqual(updateOnly, [true, true, undefined]);
});

Deno.test("parseSet() checks the lines after remove, and does nothing of them", () => {
  const head = `set=1\npublic_key=${A}\nremove=true\n`;
  const { change } = parseSet(head + "allowed_ip=10.0.0.0/8\n\n");
  deepStrictEqual(change.peers[0]?.allowedIps, []);
  strictEqual(parseSet(head + "allowed_ip=x\n\n").error?.errno, -22);
});

Deno.test("parseSet() reads what formatSet() writes", () => {
  fc.assert(fc.property(deviceChange, (change) => {
    const text = formatSet(change);
    ok(text.startsWith("set=1\n") && text.endsWith("\n\n"));
    deepStrictEqual(parseSet(text), { change });
  }));
});

Deno.test("parseSet() reads 1,500 peers in well under a second", () => {
  const peer = (i: number) =>
    `public_key=${i.toString(16).padStart(64, "0")}\nallowed_ip=10.0.0.0/24\n`;
  const text = "set=1\n" +
    Array.from({ length: 1500 }, (_, i) => peer(i)).join("");
  const start = performance.now();
  strictEqual(parseSet(text).change.peers.length, 1500);
  ok(performance.now() - start < 500);
});
