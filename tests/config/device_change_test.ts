import { strictEqual } from "node:assert";
import { toDeviceChange } from "../../src/config/device_change.ts";
import { literalEndpoint } from "../../src/config/endpoint.ts";
import { formatSet } from "../../src/config/uapi_set.ts";
import { decodeKey, encodeHex } from "../../src/noise/keys.ts";
import {
  INTERFACE,
  PEER,
  PEER_A,
  PEER_B,
  PRESHARED,
  PRIVATE,
  read,
} from "./conf_files.ts";

const hex = (key: string) => encodeHex(decodeKey(key)!);

Deno.test("toDeviceChange() says what the file says, as wg addconf sends it", () => {
  const config = read(
    INTERFACE + "ListenPort = 7\nFwMark = 0x10\n" + PEER +
      `PresharedKey = ${PRESHARED}\nEndpoint = [fd00::1]:51820\nAllowedIPs = 10.0.0.1, fd00::/64\nPersistentKeepalive = 25\n` +
      `[Peer]\nPublicKey = ${PEER_B}\nEndpoint = vpn.example:1\n`,
  );
  strictEqual(
    formatSet(toDeviceChange(config, (text) => literalEndpoint(text))),
    [
      "set=1",
      `private_key=${hex(PRIVATE)}`,
      "listen_port=7",
      "fwmark=16",
      `public_key=${hex(PEER_A)}`,
      `preshared_key=${hex(PRESHARED)}`,
      "endpoint=[fd00::1]:51820",
      "persistent_keepalive_interval=25",
      "replace_allowed_ips=true",
      "allowed_ip=10.0.0.1/32",
      "allowed_ip=fd00::/64",
      `public_key=${hex(PEER_B)}`,
      "replace_allowed_ips=true",
      "\n",
    ].join("\n"),
  );
});

Deno.test("toDeviceChange() leaves alone what the file does not name", () => {
  const config = read(
    "[Interface]\nPreUp = wg set %i private-key /etc/wireguard/key\n",
  );
  strictEqual(formatSet(toDeviceChange(config, () => undefined)), "set=1\n\n");
});
