/**
 * DNS by `up` and `down`, each machine with an /etc of its own: programs that note what they are told, and resolv.conf.
 *
 * @module
 */

import { match, ok, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { CAKTUS, FILES, Sandbox } from "./sandbox.ts";
import { confText } from "./samples.ts";

const ORIGINAL = "nameserver 192.0.2.53\nsearch lan\n";
const PROGRAMS = "/run/programs";
const TOLD = "/run/told";

function confWith(address: string, dns: string): string {
  return confText(`Address = ${address}\n${dns}`);
}

const CONF = confWith(
  "10.0.0.2/24",
  "DNS = 10.0.0.1, fd00::1\nDNS = corp.example, x",
);
const OURS = [
  "# Written by caktus for wg0; `caktus down wg0` brings back what was here",
  "nameserver 10.0.0.1",
  "nameserver fd00::1",
  "search corp.example x lan",
  "",
].join("\n");

/** A machine with an /etc of its own, in which resolv.conf is as the command makes it. */
async function machine(command: string): Promise<Sandbox> {
  const box = await Sandbox.create();
  const { status, stderr } = await box.run(`set -e
    mkdir -p ${PROGRAMS} /run/etc/wireguard
    cp -a /etc/{passwd,group,nsswitch.conf,services,hosts,alternatives,ssl,ld.so.cache,iproute2} /run/etc 2> /dev/null || true
    mount --bind /run/etc /etc
    cd /etc; printf '${ORIGINAL.replaceAll("\n", "\\n")}' > resolv.conf
    ${command}`);
  strictEqual(status, 0, stderr);
  await box.write("wg0.conf", CONF);
  return box;
}

/** Puts a program into the machine that notes its words and its input, and then does as told. */
async function note(box: Sandbox, name: string, then = ""): Promise<void> {
  await box.write(
    `${PROGRAMS}/${name}`,
    `#!/bin/sh\necho "${name} $*" >> ${TOLD}\n[ "$1" != -a ] || cat >> ${TOLD}\n${then}\n`,
  );
  await box.run(`chmod 755 ${PROGRAMS}/${name}`);
}

async function caktus(box: Sandbox, words: string) {
  return await box.run(
    `cd ${FILES}; PATH=${PROGRAMS}:$PATH; ${CAKTUS} ${words}`,
  );
}

async function look(box: Sandbox, path: string): Promise<string> {
  return (await box.run(`cat ${path}`)).stdout;
}

function stepsOf(stderr: string): string[] {
  return stderr.split("\n").filter((line) => /resolv/.test(line));
}

rootTest("up and down tell resolvconf what wg-quick tells it", async () => {
  await using box = await machine(`
    mkdir resolvconf; printf '# first\\nlo.*\\ntun*\\nwlan*\\n' > resolvconf/interface-order`);
  await note(box, "resolvconf");
  await box.write(
    "daemon",
    `#!/bin/bash\n{ read -r _; } < <(exec ${CAKTUS} daemon "$1" 2> /dev/null)\n`,
  );
  await box.run(`chmod 755 ${FILES}/daemon`);
  const stock = await box.run(`
    cd ${FILES}; export PATH=${PROGRAMS}:$PATH WG_QUICK_USERSPACE_IMPLEMENTATION=${FILES}/daemon
    wg-quick up ./wg0.conf && wg-quick down ./wg0.conf; mv ${TOLD} /run/stock`);
  strictEqual(stock.status, 0, stock.stderr);
  const up = await caktus(box, "up");
  strictEqual(up.status, 0, up.stderr);
  const down = await caktus(box, "down");
  strictEqual(down.status, 0, down.stderr);
  const told = await look(box, TOLD);
  strictEqual(told, await look(box, "/run/stock"));
  strictEqual(
    told,
    "resolvconf -a tun.wg0 -m 0 -x\nnameserver 10.0.0.1\nnameserver fd00::1\n" +
      "search corp.example x\nresolvconf -d tun.wg0 -f\n",
  );
  strictEqual(
    stepsOf(up.stderr + down.stderr).join("\n"),
    stepsOf(stock.stderr).join("\n"),
  );
  strictEqual(await look(box, "/etc/resolv.conf"), ORIGINAL);
});

rootTest(
  "up gives a resolvconf that is a link no prefix (wg-quick of 2025), and writes resolv.conf where it fails",
  async () => {
    await using box = await machine(
      `mkdir resolvconf; echo 'tun*' > resolvconf/interface-order`,
    );
    await note(box, "resolvectl", "exit 3");
    await box.run(`ln -s resolvectl ${PROGRAMS}/resolvconf`);
    const up = await caktus(box, "up");
    strictEqual(up.status, 0, up.stderr);
    match(
      up.stderr,
      /\[#\] resolvconf -a wg0 -m 0 -x\n\[#\] printf '.*' > \/etc\/resolv\.conf\n/,
    );
    match(
      up.stderr,
      /warning: resolvconf -a failed with status 3: the name servers are set in another way\n/,
    );
    strictEqual(await look(box, "/etc/resolv.conf"), OURS);
    const down = await caktus(box, "down");
    strictEqual(await look(box, "/etc/resolv.conf"), ORIGINAL);
    match(down.stderr, /\[#\] mv \/etc\/resolv\.conf\.before-caktus /);
  },
);

rootTest(
  "up tells systemd-resolved where resolv.conf leads to it",
  async () => {
    await using box = await machine(`
    mkdir -p /run/systemd/resolve
    echo 'nameserver 127.0.0.53' > /run/systemd/resolve/stub-resolv.conf
    ln -sf ../run/systemd/resolve/stub-resolv.conf resolv.conf`);
    await note(box, "resolvectl");
    const up = await caktus(box, "up");
    strictEqual(up.status, 0, up.stderr);
    strictEqual((await caktus(box, "down")).status, 0);
    strictEqual(
      await look(box, TOLD),
      "resolvectl dns wg0 10.0.0.1 fd00::1\nresolvectl domain wg0 corp.example x ~.\n",
    );
    const link = await box.run(
      "readlink /etc/resolv.conf; ls /etc | grep resolv",
    );
    strictEqual(
      link.stdout,
      "../run/systemd/resolve/stub-resolv.conf\nresolv.conf\n",
    );
  },
);

rootTest(
  "resolv.conf is restored by down after kill -9, by the next up, and after two tunnels in any order",
  async () => {
    await using box = await machine("true");
    await box.write("wg1.conf", confWith("10.1.0.2/24", "DNS = 10.1.0.1"));
    const kill = (name: string) =>
      box.run(`
        kill -9 $(sed -n 's/^pid = //p' /run/caktus/${name}.toml)
        while ip link show ${name} > /dev/null 2>&1; do sleep 0.01; done`);
    const resolvConf = () => look(box, "/etc/resolv.conf");

    strictEqual((await caktus(box, "up")).status, 0);
    strictEqual(await resolvConf(), OURS);
    await kill("wg0");
    strictEqual((await caktus(box, "up")).status, 0);
    strictEqual(await resolvConf(), OURS);
    strictEqual((await caktus(box, "up ./wg1.conf")).status, 0);
    match(
      await resolvConf(),
      /for wg1;.*\nnameserver 10\.1\.0\.1\nsearch lan\n$/,
    );
    await kill("wg1");
    strictEqual((await caktus(box, "down wg1")).status, 0);
    strictEqual(await resolvConf(), OURS);
    strictEqual((await caktus(box, "down")).status, 0);
    strictEqual(await resolvConf(), ORIGINAL);

    // The machine is switched off meanwhile: /run is empty then.
    strictEqual((await caktus(box, "up")).status, 0);
    await kill("wg0");
    await box.run("rm /run/caktus/*");
    strictEqual((await caktus(box, "down")).status, 0);
    strictEqual(await resolvConf(), ORIGINAL);
    strictEqual((await caktus(box, "down")).status, 1);
    strictEqual(
      (await box.run("ls /etc | grep resolv")).stdout,
      "resolv.conf\n",
    );
  },
);

rootTest("DNS is never the reason that up fails", async () => {
  await using box = await machine("mount -o remount,bind,ro /etc");
  const before = await box.snapshot();
  const up = await caktus(box, "up");
  strictEqual(up.status, 0, up.stderr);
  match(
    up.stderr,
    /caktus: warning: the name servers of wg0 are not in use: cannot write \/etc\/resolv\.conf: .*[Rr]ead-only.*\n {2}.*`nameserver 10\.0\.0\.1`/,
  );
  ok((await box.run("ip link show wg0")).status === 0);
  const down = await caktus(box, "down");
  strictEqual(down.status, 0, down.stderr);
  strictEqual(await box.snapshot(), before);
  strictEqual(await look(box, "/etc/resolv.conf"), ORIGINAL);
});

rootTest("a failed up and an interrupted one restore resolv.conf", async () => {
  await using box = await machine("true");
  await box.write(
    "wg0.conf",
    CONF.replace("[Peer]", "PostUp = exit 4\n[Peer]"),
  );
  const failed = await caktus(box, "up");
  strictEqual(failed.status, 1);
  strictEqual(await look(box, "/etc/resolv.conf"), ORIGINAL);
  await note(
    box,
    "resolvconf",
    "case $1 in -a) touch /run/begun; exec sleep 60;; esac",
  );
  await box.write("wg0.conf", CONF);
  const { status, stdout } = await box.run(`
    cd ${FILES}; PATH=${PROGRAMS}:$PATH
    ${CAKTUS} up & pid=$!
    while ! [ -e /run/begun ]; do sleep 0.02; done
    began=$(date +%s%N); kill -TERM $pid; wait $pid; status=$?
    echo $(( ($(date +%s%N) - began) / 1000000 )); exit $status`);
  strictEqual(status, 143);
  ok(Number(stdout) < 3_000, `${stdout} ms`);
  strictEqual(await look(box, "/etc/resolv.conf"), ORIGINAL);
  match(await look(box, TOLD), /\nresolvconf -d wg0 -f\n$/);
});
