/**
 * The same configurations for stock wg-quick, with wireguard-go under it, and for Caktus: both leave the same
 * addresses, routes, rules, packet filter, MTU, mark and peers; after `down` the host is what it was.
 *
 * ```text
 *   stock                         caktus                  two hosts alike, each with an uplink to nowhere
 *   wg-quick up wg0               caktus up wg0
 *   during             ══════     during                  compared
 *   wg-quick down wg0             caktus down wg0
 *                                 after = before          unless hooks leave something: then as with stock
 * ```
 *
 * Each host has one shell for each file, so that some 80 files take a minute.
 *
 * @module
 */

import { deepStrictEqual, match, ok, strictEqual } from "node:assert";
import { commandOf } from "./caktus.ts";
import { caktusTest, compiledSubject } from "./cases.ts";
import { CONFIG_CASES, type ConfigCase, KEY_FILE } from "./config_cases.ts";
import { cached } from "./install.ts";
import { type Host, Network } from "./netns.ts";

/** What one program did with one file. */
interface Outcome {
  status: number;
  said: string;
  during: string;
  after: string;
}

/** What makes and configures the interface, and the limit of TCP's segments, which is Caktus's own. */
const NO_ROUTING =
  /^\[#\] (caktus daemon|\/|ip link add|wg (add|set)conf|nft add rule inet)/;

const FILE = "/etc/wireguard/wg0.conf";

const PREPARE = `
ip link add uplink address 02:00:00:00:00:01 type veth peer name other address 02:00:00:00:00:02
ip link set uplink addrgenmode none; ip link set other addrgenmode none up; ip link set uplink up
ip address add 192.0.2.2/24 dev uplink; ip -6 address add 2001:db8::2/64 dev uplink nodad
ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8::1
ip route add 198.51.100.0/24 via 192.0.2.1 mtu 1400
echo '203.0.113.77 vpn.example' >> /etc/hosts
mkdir -p /etc/iproute2; echo '100 isp2' >> /etc/iproute2/rt_tables
# wireguard-go's interface would else have an address by chance.
sysctl -qw net.ipv6.conf.default.addr_gen_mode=1
mkdir -p /run/wireguard /run/caktus
`;

/** Everything that is compared, with few processes; `wg` tells mark and peers of both. */
const LOOK = `
show() { ip $1 -d -b - <<< $'address\\nroute show table all\\nrule'; }
look() {
  { show -4; show -6; } | sed -E '/valid_lft|^    (link|tun|wireguard)/d; s/^[0-9]+: //; s/ tentative//
    s/^(wg0:).* (mtu [0-9]+) .*/\\1 \\2/'
  nft -s list ruleset
  if [ -e /sys/class/net/wg0 ]; then wg show wg0 dump; fi
}
# An IPv6 address is routed a moment after it was set.
settle() { while [ -n "$(ip -6 address show dev wg0 tentative 2>/dev/null)" ]; do sleep 0.02; done; }
rest() {
  echo sysctl $(</proc/sys/net/ipv4/conf/all/src_valid_mark) $(</proc/sys/net/ipv4/ip_forward)
  echo files /run/wireguard/* /run/caktus/*.toml
}
`;

caktusTest(
  "stock wg-quick and Caktus leave the same with every file",
  async (_, test) => {
    const command = commandOf(compiledSubject()).join(" ");
    await using network = await Network.create("stock", "caktus");
    const [stock, caktus] = [network.host("stock"), network.host("caktus")];
    await Promise.all([stock, caktus].map(async (host) => {
      await host.shell(PREPARE);
      await host.write("/etc/wireguard/wg0.key", `${KEY_FILE}\n`);
    }));
    let before = await caktus.shell(`${LOOK}\nlook; rest`);
    for (const one of CONFIG_CASES) {
      const [theirs, ours] = await Promise.all([
        play(stock, "wg-quick", one.stock ?? one.text),
        play(caktus, command, one.text),
      ]);
      await test.step(one.name, () => judge(one, theirs, ours, before));
      before = ours.after.replace(/^sysctl \d \d/m, "sysctl 0 0");
    }
  },
  ["wireguard-go"],
);

function judge(
  one: ConfigCase,
  theirs: Outcome,
  ours: Outcome,
  before: string,
): void {
  if (!one.hooks) strictEqual(ours.after, before, ours.said);
  if (one.refused !== undefined) {
    ok(theirs.status !== 0, "stock takes it");
    strictEqual(ours.status, 1, ours.said);
    match(ours.said, one.refused);
    return;
  }
  strictEqual(theirs.status, 0, theirs.said);
  strictEqual(ours.status, 0, ours.said);
  if (one.hooks) deepStrictEqual(lines(ours.after), lines(theirs.after));
  if (one.better === undefined) {
    deepStrictEqual(lines(ours.during), lines(theirs.during), ours.said);
    if (one.stock === undefined) {
      deepStrictEqual(echoes(ours.said), echoes(theirs.said));
    }
  } else for (const line of one.better) match(ours.during, line);
}

/** What is compared: without counts, ports that nobody chose, and what Caktus alone does where the machine forwards. */
function lines(look: string): string[] {
  return look.replace(/^table inet caktus-wg0 \{\n[^}]*\}\n\}\n/m, "").trim()
    .split("\n").filter((line) => !/^(sysctl|files) /.test(line)).map(
      comparable,
    )
    .sort();
}

/** The commands that `up` echoes, but for those that make and configure the interface. */
function echoes(said: string): string[] {
  return said.split("===")[0]!.split("\n")
    .filter((line) => line.startsWith("[#] "))
    .filter((line) => !NO_ROUTING.test(line))
    // Stock echoes an address as it was typed.
    .map((line) => line.toLowerCase().replace(/\/(32|128) dev/, " dev"))
    .sort();
}

function comparable(line: string): string {
  const fields = line.split("\t");
  if (fields.length === 4) {
    const chosen = ["51820", "123"].includes(fields[2] ?? "");
    return [...fields.slice(0, 2), chosen ? fields[2] : "any", fields[3]].join(
      "\t",
    );
  }
  if (fields.length !== 8) return line.trimEnd();
  const allowed = fields[3]!.split(",").sort().join(",");
  return [...fields.slice(0, 3), allowed, fields[7]].join("\t");
}

async function play(
  host: Host,
  program: string,
  text: string,
): Promise<Outcome> {
  await host.write(FILE, text);
  const { stdout, stderr } = await host.runWith(
    {
      env: {
        WG_QUICK_USERSPACE_IMPLEMENTATION: cached("wireguard-go") ?? "",
        WG_ENDPOINT_RESOLUTION_RETRIES: "0",
        NO_COLOR: "1",
      },
    },
    "bash",
    "-c",
    `${LOOK}
    ${program} up wg0 > /dev/null; status=$?; echo === >&2; settle; look; echo ===
    [ $status = 0 ] && ${program} down wg0 > /dev/null
    look; rest; echo ===; echo $status
    echo 0 > /proc/sys/net/ipv4/conf/all/src_valid_mark; echo 0 > /proc/sys/net/ipv4/ip_forward
    # What failed is not to fail all others.
    if [ -e /sys/class/net/wg0 ]; then ip link delete wg0; rm -f /run/caktus/wg0.toml; fi`,
  );
  const [during = "", after = "", status = "none"] = stdout.split("===\n");
  return { status: Number(status), said: stderr, during, after };
}
