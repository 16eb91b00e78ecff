/** What is accepted in wg0.conf though it is likely a mistake. */

import { deepStrictEqual, strictEqual } from "node:assert";
import { formatPrefix } from "../../src/config/prefix.ts";
import { decodeKey, type PublicKey } from "../../src/noise/keys.ts";
import {
  INTERFACE,
  PEER,
  PEER_A,
  PEER_B,
  PRESHARED,
  PRIVATE,
  read,
} from "./conf_files.ts";

const OTHER = `[Peer]\nPublicKey = ${PEER_B}\n`;

Deno.test("parseConfig() warns of host bits in AllowedIPs, and masks them", () => {
  const { warnings, peers } = read(
    INTERFACE + PEER + "AllowedIPs = 10.0.0.1/24, FD00::1/64, 10.1.0.0/16\n",
  );
  deepStrictEqual(warnings, [
    "wg0.conf:5: AllowedIPs: 10.0.0.1/24 has host bits set, taken as 10.0.0.0/24",
    "wg0.conf:5: AllowedIPs: FD00::1/64 has host bits set, taken as fd00::/64",
  ]);
  strictEqual(formatPrefix(peers[0]!.allowedIps[0]!), "10.0.0.0/24");
});

Deno.test("parseConfig() warns of the same AllowedIPs for two peers", () => {
  const { warnings } = read(
    INTERFACE + PEER + "AllowedIPs = 10.0.0.0/24\n" + OTHER +
      "AllowedIPs = fd00::1\nAllowedIPs = 10.0.0.0/24\n",
  );
  deepStrictEqual(warnings, [
    "wg0.conf:9: AllowedIPs: 10.0.0.0/24 stands on line 5 too, for another peer; only the last peer has it",
  ]);
});

Deno.test("parseConfig() warns of the same peer twice: the last section wins", () => {
  const { warnings, peers } = read(
    INTERFACE + PEER + "AllowedIPs = 10.0.0.1\nEndpoint = 192.0.2.1:1\n" +
      PEER + `PresharedKey = ${PRESHARED}\nAllowedIPs = 10.0.0.2\n`,
  );
  deepStrictEqual(warnings, [
    `wg0.conf:8: PublicKey: the peer ${PEER_A} stands on line 4 too; the last section wins`,
  ]);
  strictEqual(peers.length, 1);
  deepStrictEqual(peers[0]!.allowedIps.map(formatPrefix), ["10.0.0.2/32"]);
  strictEqual(peers[0]!.endpoint!.host, "192.0.2.1");
  strictEqual(peers[0]!.line, 7);
});

Deno.test("parseConfig() warns of a peer without AllowedIPs", () => {
  const warning =
    "wg0.conf:3: AllowedIPs: this [Peer] has none, so nothing goes to it or comes from it";
  deepStrictEqual(read(INTERFACE + PEER).warnings, [warning]);
  deepStrictEqual(read(INTERFACE + PEER + "AllowedIPs =\n").warnings, [
    warning,
  ]);
});

Deno.test("parseConfig() warns of the own public key as a peer", () => {
  const publicKeyOf = () => decodeKey(PEER_A) as PublicKey;
  const text = INTERFACE + PEER + "AllowedIPs = 10.0.0.1\n";
  deepStrictEqual(read(text, { publicKeyOf }).warnings, [
    "wg0.conf:4: PublicKey: is this interface's own key, so the peer is ignored; write the other end's",
  ]);
  deepStrictEqual(read(text).warnings, []);
});

Deno.test("parseConfig() warns of the keys of phone apps, and ignores them", () => {
  const { warnings } = read(
    INTERFACE +
      "ExcludedApplications = com.example.app\nincludedapplications =\n",
  );
  deepStrictEqual(warnings, [
    "wg0.conf:3: ExcludedApplications: only phone apps know this; it is ignored",
    "wg0.conf:4: includedapplications: only phone apps know this; it is ignored",
  ]);
});

Deno.test("parseConfig() warns of a key given twice, and takes the last", () => {
  const { warnings, interface: own } = read(
    INTERFACE + `MTU = 1400\nmtu = 1300\nPrivateKey = ${PRIVATE}\n`,
  );
  deepStrictEqual(warnings, [
    "wg0.conf:4: mtu: stands on line 3 too; this one is used",
    "wg0.conf:5: PrivateKey: stands on line 2 too; this one is used",
  ]);
  strictEqual(own.mtu, 1300);
});

Deno.test("parseConfig() asks for a missing [Peer] where there are two PublicKeys in one", () => {
  const { warnings } = read(
    INTERFACE + PEER + `PublicKey = ${PEER_B}\nAllowedIPs = 10.0.0.1\n`,
  );
  deepStrictEqual(warnings, [
    "wg0.conf:5: PublicKey: stands on line 4 too; this one is used; is a line [Peer] missing?",
  ]);
});

Deno.test("parseConfig() warns of a second [Interface], and joins them", () => {
  const { warnings, interface: own } = read(
    INTERFACE + "[Interface]\nListenPort = 7\n",
  );
  deepStrictEqual(warnings, [
    "wg0.conf:3: a second [Interface]; it is taken together with that of line 1",
  ]);
  strictEqual(own.listenPort, 7);
});
