/**
 * sysctl built in, beside the one of procps in one namespace: what it prints, sets
 * and ends with.
 *
 * @module
 */

import { strictEqual } from "node:assert";
import { runSysctl } from "../../src/cli/sysctl.ts";
import { namespaceTest, sh, tryShell } from "../ffi/namespace.ts";

const FILE = `# a comment
; another

net.ipv4.ip_forward = 1
 net.ipv4.conf.all.forwarding=1
net/ipv4/conf/lo/rp_filter = 2
no setting
net.ipv4.nope = 2
net.ipv4.tcp_rmem = 4096 131072 6291456
`;

const LINES = [
  "-w net.ipv4.ip_forward=1",
  "net.ipv4.ip_forward=0",
  "-q net.ipv4.ip_forward=1",
  "-qw net.ipv4.ip_forward=0",
  "-w -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
  "--write --quiet net.ipv4.ip_forward=0",
  "-w net.ipv4.ip_forward",
  "-w net.ipv4.ip_forward = 1",
  "net.ipv4.ip_forward",
  "-n net.ipv4.ip_forward",
  "--values net.ipv4.ip_forward net.ipv4.conf.lo.forwarding",
  "-N net.ipv4.ip_forward",
  "-b net.ipv4.ip_forward",
  "net.ipv4.conf.lo.forwarding net/ipv4/ip_forward",
  "-w net/ipv4/conf/lo/forwarding=1",
  "net.ipv4.nope",
  "-e net.ipv4.nope",
  "-w net.ipv4.nope=1",
  "-e -w net.ipv4.nope=1",
  "-w net.ipv4.ip_forward=abc",
  "net.ipv4.conf.ck0/5.forwarding",
  "-w net/ipv4/conf/ck0.5/forwarding=1",
  "net.ipv4.conf.ck0.5.forwarding",
  "net.ipv4.tcp_rmem",
  "net.ipv4.route.flush",
  "net.ipv4.conf.lo",
  "-a -r net.ipv4.ip_forward",
  "-p FILE",
  "-pFILE",
  "-q --load=FILE",
  "-p /no/such/file",
];

/** Runs it in this process. */
async function ours(words: string[]) {
  let [stdout, stderr] = ["", ""];
  const status = await runSysctl(words, {
    print: (text) => stdout += text,
    complain: (line) => stderr += `${line}\n`,
  });
  return { status, stdout, stderr };
}

/** What a line leaves behind. */
function settings(): string {
  return sh(
    "cd /proc/sys/net/ipv4; grep . ip_forward conf/*/forwarding conf/*/rp_filter tcp_rmem ../ipv6/conf/all/forwarding",
  );
}

/** Makes every setting of the lines another than they set. */
function reset(): void {
  const words =
    "net.ipv4.ip_forward=1 net.ipv4.ip_forward=0 net.ipv4.conf.lo.rp_filter=0";
  sh(
    `sysctl -qw ${words} net.ipv6.conf.all.forwarding=0 net.ipv4.tcp_rmem="4096 131072 33554432"`,
  );
}

namespaceTest(
  "sysctl prints and sets what that of procps does",
  import.meta.url,
  async () => {
    const file = Deno.makeTempFileSync();
    Deno.writeTextFileSync(file, FILE);
    sh("ip link add ck0 type veth; ip link set ck0 name ck0.5");
    for (const line of LINES.map((each) => each.replace("FILE", file))) {
      reset();
      const theirs = tryShell(`sysctl ${line}`);
      const after = settings();
      reset();
      const own = await ours(line.split(" "));
      strictEqual(own.stdout, theirs.stdout, line);
      // The message for a missing name comes twice from some versions.
      const once = [...new Set(theirs.stderr.split("\n"))].join("\n");
      strictEqual([...new Set(own.stderr.split("\n"))].join("\n"), once, line);
      strictEqual(own.status, theirs.code, line);
      strictEqual(settings(), after, line);
    }
    Deno.removeSync(file);
  },
);

for (
  const [words, complaint] of [
    [[], "sysctl: no variables specified"],
    [["--nope"], "sysctl: option --nope is not understood"],
    [["-y", "x"], "sysctl: option -y is not understood"],
  ] as const
) {
  Deno.test(`sysctl ${words.join(" ")} is refused`, async () => {
    const { status, stderr } = await ours([...words]);
    strictEqual(status, 1);
    strictEqual(stderr, `${complaint}\n`);
  });
}
