/**
 * Hooks on a machine that has no iptables, iproute2, sysctl, wg nor bash: Caktus is
 * called under their names.
 *
 * @module
 */

import { match, ok, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { confText } from "../quick/samples.ts";
import { CAKTUS, FILES, Sandbox } from "../quick/sandbox.ts";

/** The server of the document, hooks as they stand there. */
const SERVER = confText(
  `Address = 10.0.0.1/24
ListenPort = 51820
PostUp   = sysctl -w net.ipv4.ip_forward=1
PostUp   = iptables -A FORWARD -i wg0 -j ACCEPT
PostUp   = iptables -A FORWARD -o wg0 -j ACCEPT
PostUp   = iptables -t nat -A POSTROUTING -o ens3 -j MASQUERADE
PostUp   = wg show %i public-key > ${FILES}/key; ip6tables-save > ${FILES}/save
PostDown = iptables -D FORWARD -i wg0 -j ACCEPT
PostDown = iptables -D FORWARD -o wg0 -j ACCEPT
PostDown = iptables -t nat -D POSTROUTING -o ens3 -j MASQUERADE`,
  "AllowedIPs = 10.0.0.2/32",
);

/** What a small image lacks. */
const MISSING =
  "bash ip iptables ip6tables iptables-save ip6tables-save iptables-legacy nft sysctl wg wg-quick resolvconf";

/** Runs a command where none of those is to be found; the sandbox around still has them. */
function onSmallImage(command: string): string {
  return `unshare --mount --propagation private sh -c '
    for program in ${MISSING}; do
      while path=$(command -v $program); do
        mount --bind /dev/null "$(readlink -f "$path")" || exit 99
      done
    done
    cd ${FILES}; ${command}'`;
}

rootTest(
  "hooks find iptables, sysctl and wg also where the machine has none",
  async () => {
    await using box = await Sandbox.create();
    await box.write("wg0.conf", SERVER);
    await box.run("sysctl -qw net.ipv4.ip_forward=0");
    const before = await box.snapshot();

    const up = await box.run(onSmallImage(`${CAKTUS} up`));
    strictEqual(up.status, 0, up.stderr);
    match(up.stdout, /^net\.ipv4\.ip_forward = 1$/m);
    const rules = await box.run(
      "iptables -S FORWARD; iptables -t nat -S POSTROUTING; cat /proc/sys/net/ipv4/ip_forward",
    );
    strictEqual(
      rules.stdout,
      `-P FORWARD ACCEPT
-A FORWARD -i wg0 -j ACCEPT
-A FORWARD -o wg0 -j ACCEPT
-P POSTROUTING ACCEPT
-A POSTROUTING -o ens3 -j MASQUERADE
1
`,
    );
    const [key = "", save = ""] = await Promise.all(
      ["key", "save"].map(async (name) =>
        (await box.run(`cat ${FILES}/${name}`)).stdout
      ),
    );
    match(key, /^[A-Za-z0-9+/]{43}=\n$/);
    strictEqual(save, "");

    const down = await box.run(onSmallImage(`${CAKTUS} down`));
    strictEqual(down.status, 0, down.stderr);
    // Forwarding, which no hook takes back, stays.
    await box.run("sysctl -qw net.ipv4.ip_forward=0");
    strictEqual(await box.snapshot(), before);
  },
);

rootTest(
  "a hook that iptables does not understand fails by name, and up is undone",
  async () => {
    await using box = await Sandbox.create();
    const conf = confText(
      "Address = 10.0.0.1/24\nPostUp = iptables -A FORWARD -i wg0 -j ACCEPT\nPostUp = iptables -A FORWARD -m quota --quota 5 -j DROP\nPostDown = iptables -D FORWARD -i wg0 -j ACCEPT",
    );
    await box.write("wg0.conf", conf);
    const before = await box.snapshot();
    const up = await box.run(onSmallImage(`${CAKTUS} up`));
    strictEqual(up.status, 1);
    match(up.stderr, /^iptables: match -m quota is not understood$/m);
    match(up.stderr, /wg0\.conf:5: PostUp: failed with status 2/);
    strictEqual(await box.snapshot(), before);
  },
);

rootTest(
  "what the machine has comes first, and nothing is made for it",
  async () => {
    await using box = await Sandbox.create();
    await box.write(
      "wg0.conf",
      confText(`Address = 10.0.0.1/24\nPostUp = iptables -V; ls /run/caktus`),
    );
    const up = await box.caktus("up");
    strictEqual(up.status, 0, up.stderr);
    match(up.stdout, /^iptables v1\.8\.9 \(nf_tables\)$/m);
    ok(!up.stdout.includes("wg0.bin"));
    await box.caktus("down");
  },
);
