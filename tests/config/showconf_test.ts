import { strictEqual } from "node:assert";
import { parseGet } from "../../src/config/uapi_get.ts";
import { formatShowconf } from "../../src/config/showconf.ts";

Deno.test("formatShowconf() prints what wg showconf prints", () => {
  const status = parseGet([
    `private_key=${"48".repeat(32)}`,
    "listen_port=51820",
    "fwmark=51820",
    `public_key=${"aa".repeat(32)}`,
    `preshared_key=${"bb".repeat(32)}`,
    "endpoint=[fe80::1%2]:7",
    "persistent_keepalive_interval=25",
    "allowed_ip=10.0.0.2/32",
    "allowed_ip=fd00::/64",
    `public_key=${"cc".repeat(32)}`,
    "errno=0\n\n",
  ].join("\n"));
  strictEqual(
    formatShowconf(status, () => "eth0"),
    `[Interface]
ListenPort = 51820
FwMark = 0xca6c
PrivateKey = SEhISEhISEhISEhISEhISEhISEhISEhISEhISEhISEg=

[Peer]
PublicKey = qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=
PresharedKey = u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s=
AllowedIPs = 10.0.0.2/32, fd00::/64
Endpoint = [fe80::1%eth0]:7
PersistentKeepalive = 25

[Peer]
PublicKey = zMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMw=
`,
  );
});

Deno.test("formatShowconf() ends with a blank line where there are no peers", () => {
  const status = { listenPort: 7, fwmark: 0, peers: [], drops: [] };
  strictEqual(formatShowconf(status), "[Interface]\nListenPort = 7\n\n");
});
