/**
 * What is said where something is wrong: one clear line, the way out on the next, status 1,
 * and nothing left behind.
 *
 * @module
 */

import { PROCESS_NAME } from "../program.ts";
import { match, ok, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { CAKTUS, FILES, Sandbox } from "../quick/sandbox.ts";
import { confText, PRIVATE_KEY, PUBLIC_KEY } from "../quick/samples.ts";

/** A script, and all that it may write on standard error. */
type Case = [name: string, script: string, stderr: RegExp];

const COMMANDS: Case[] = [
  [
    "a mistyped command",
    "caktus shwo wg0",
    /^caktus: there is no command shwo\n {2}did you mean: caktus show wg0\n$/,
  ],
  [
    "an interface instead of a command",
    "caktus wg0",
    /^caktus: there is no command wg0\n(.*\n)* {2}to bring up an interface: caktus up wg0\n/,
  ],
  [
    "an unknown option",
    "caktus up --frob",
    /^caktus: unknown option --frob\n {2}see how it is used: caktus up --help\n$/,
  ],
  [
    "two interfaces",
    "caktus up a b",
    /^caktus: up takes one interface, not 2\n {2}one after the other: caktus up a\n$/,
  ],
  [
    "no file where none was named",
    "caktus up",
    /^caktus: there is neither \.\/wg0\.conf nor \/etc\/wireguard\/wg0\.conf\n {2}name a file: .*\n$/,
  ],
  [
    "no file of that name",
    "caktus up wg7",
    /^caktus: there is no file \/etc\/wireguard\/wg7\.conf\n {2}for a file in another place .*\n$/,
  ],
  [
    "a file that is in this folder",
    "touch wg7.conf; caktus up wg7",
    /^caktus: there is no file .*\n.*: caktus up \.\/wg7\.conf\n$/,
  ],
  [
    "no such path",
    "caktus up x/wg7.conf",
    /^caktus: there is no file x\/wg7\.conf\n$/,
  ],
  [
    "a name that is too long",
    "caktus up averylongnameindeed",
    /^caktus: averylongnameindeed: .* 15 characters at most, this one has 19.*\n$/,
  ],
  [
    "a copy that a browser renamed",
    "touch 'wg0 (1).conf'; caktus up './wg0 (1).conf'",
    /^caktus: .*only letters, digits and .*\n$/,
  ],
  [
    "down of what is not up",
    "caktus down wg0",
    /^caktus: wg0 is not up\n {2}see what is: caktus show\n$/,
  ],
  [
    "down of what caktus did not make",
    "ip link add wg0 type veth peer name x; caktus down wg0; s=$?; ip link del wg0; exit $s",
    /^caktus: wg0 was not brought up by caktus\n {2}.*ip link delete dev wg0\n$/,
  ],
];

const MACHINES: Case[] = [
  [
    "not root",
    `setpriv --securebits=+no_setuid_fixup --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+dac_override,+dac_read_search \
      --ambient-caps=-all,+dac_override,+dac_read_search ${CAKTUS} up wg0`,
    /^caktus: only root may change network interfaces\n {2}run it as root: sudo caktus up wg0\n$/,
  ],
  [
    "a container without NET_ADMIN",
    `setpriv --bounding-set=-net_admin ${CAKTUS} up ./good.conf`,
    /^caktus: this container may not change network interfaces\n.*--cap-add NET_ADMIN.*\n$/,
  ],
  [
    "no /dev/net/tun",
    "unshare -m sh -c 'mount -t tmpfs none /dev/net; exec caktus up ./good.conf'",
    /^caktus: \/dev\/net\/tun is missing\n {2}load the module: modprobe tun .*\n$/,
  ],
  [
    "an interface that is there already",
    "ip link add good type veth peer name x; caktus up ./good.conf; s=$?; ip link del good; exit $s",
    /^caktus: good exists already\n {2}caktus did not make it; .*ip link delete dev good\n$/,
  ],
  [
    "a port in use",
    `caktus up ./good.conf 2> /dev/null; sed s/10.0.0.2/10.0.1.2/ good.conf > second.conf; chmod 600 second.conf
     caktus up ./second.conf 2> said; s=$?; caktus down good 2> /dev/null; grep -v '^\\[#\\]' said >&2; exit $s`,
    new RegExp(
      `caktus: UDP port 51820 is in use by ${PROCESS_NAME} \\(process \\d+\\)\\n {2}choose another ListenPort, .*\\n$`,
    ),
  ],
  [
    "an address in use",
    "caktus up ./address.conf",
    /caktus: address 192\.0\.2\.2 is in use: uplink has it\n {2}choose another Address, .*\n$/,
  ],
  [
    "a route that is there already",
    "ip route add 198.51.100.0/24 dev uplink; caktus up ./route.conf; s=$?; ip route del 198.51.100.0/24; exit $s",
    /caktus: there is a route to 198\.51\.100\.0\/24 already\n.*ip route show 198\.51\.100\.0\/24; .*\n$/,
  ],
  [
    "a hook that fails",
    "caktus up ./hook.conf",
    /\[#\] exit 3\n(\[#\].*\n)+caktus: hook\.conf:3: PostUp: failed with status 3\n$/,
  ],
  [
    "a file that is gone while its interface is up",
    "caktus up ./good.conf 2> /dev/null; mv good.conf was; caktus reload good; s=$?; mv was good.conf; caktus down good 2> /dev/null; exit $s",
    /^caktus: there is no file \/run\/files\/good\.conf\n$/,
  ],
  [
    "a state file that is damaged",
    "caktus up ./good.conf 2> /dev/null; cp /run/caktus/good.toml was; echo x > /run/caktus/good.toml; caktus down good; s=$?; cp was /run/caktus/good.toml; caktus down good 2> /dev/null; exit $s",
    /^caktus: \/run\/caktus\/good\.toml is damaged or not from this caktus\n {2}what it says cannot be undone; .*\n$/,
  ],
];

/** Files that are wrong, by what is said of them. */
const BROKEN: Case[] = ([
  [
    "unknown key",
    confText("Adress = 10.0.0.2/24"),
    /bad\.conf:3: Adress: .*\n/,
  ],
  [
    "bad CIDR",
    confText("Address = 10.0.0.2/33"),
    /bad\.conf:3: Address: .*0 to 32\n/,
  ],
  [
    "bad port",
    confText("ListenPort = 70000"),
    /bad\.conf:3: ListenPort: .*65535\n/,
  ],
  [
    "bad key",
    confText("").replace(PRIVATE_KEY, "c2VjcmV0"),
    /bad\.conf:2: PrivateKey: .*\n/,
  ],
  [
    "bad host name",
    confText("", "Endpoint = a!b:1"),
    /bad\.conf:6: Endpoint: .*\n/,
  ],
  ["bad number", confText("MTU = many"), /bad\.conf:3: MTU: .*\n/],
  [
    "no section",
    "PrivateKey = x\n",
    /bad\.conf:1: PrivateKey: .*\[Interface\].*\n/,
  ],
  [
    "no PrivateKey",
    "[Interface]\nAddress = 10.0.0.2/24\n",
    /bad\.conf:1: .*PrivateKey.*\n/,
  ],
  [
    "no PublicKey",
    confText("").replace(/PublicKey.*/, ""),
    /bad\.conf:4: .*PublicKey.*\n/,
  ],
  [
    "a key in the wrong section",
    confText(`PublicKey = ${PUBLIC_KEY}`),
    /bad\.conf:3: PublicKey: .*\[Peer\].*\n/,
  ],
  ["DNS", confText("DNS = 10.0.0"), /bad\.conf:3: DNS: .*\n/],
] as [string, string, RegExp][]).map(([name, text, said]) => [
  `a file with ${name}`,
  `cat > bad.conf <<'END'\n${text}END\nchmod 600 bad.conf; caktus up ./bad.conf`,
  new RegExp(`^(caktus: warning: .*\\n)*caktus: (\\./)?${said.source}$`),
]);

const FILES_THERE: Record<string, string> = {
  good: confText("Address = 10.0.0.2/24\nListenPort = 51820"),
  address: confText("Address = 192.0.2.2/24"),
  route: confText("Address = 10.0.0.2/24", "AllowedIPs = 198.51.100.0/24"),
  hook: confText("PostUp = exit 3\nPostDown = touch down-ran"),
};

const SETUP = `
  mkdir /run/bin /run/caktus
  printf '#!/bin/sh\\nexec ${CAKTUS} "$@"\\n' > /run/bin/caktus
  chmod 755 /run/bin/caktus`;

for (const [name, script, said] of [...COMMANDS, ...MACHINES, ...BROKEN]) {
  rootTest(`caktus tells: ${name}`, async () => {
    await using box = await Sandbox.create();
    await box.run(SETUP);
    for (const [file, text] of Object.entries(FILES_THERE)) {
      await box.write(`${file}.conf`, text);
    }
    const before = await box.snapshot();
    const { status, stdout, stderr } = await box.run(
      `PATH=/run/bin:$PATH; cd ${FILES}; ${script}`,
    );
    match(stderr.replace(/^caktus: warning: .*AllowedIPs: .*\n/gm, ""), said);
    strictEqual(status, 1);
    strictEqual(stdout, "");
    ok(!stderr.includes(PRIVATE_KEY) && !stderr.includes("c2VjcmV0"));
    strictEqual(await box.snapshot(), before);
  });
}
