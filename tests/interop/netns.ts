/**
 * Hosts without machines: network namespaces, wired with virtual cables and joined by routers that translate addresses.
 *
 * ```text
 *  Network ──▶ Host "laptop"                        Host "vps"
 *              first process: bash, pid 1 inside    first process
 *              own network, mounts and processes    own …
 *                eth0 ════════ wire() ════════════════ eth0
 * ```
 *
 * Each host has its own /etc (a copy), /run and /var/run (empty), /sys and /proc, so that both ends of a tunnel can
 * be called wg0 and have a wg0.conf. It has no name that another run could take: it lives as long as its first
 * process, which ends when its stdin does. So a host goes with all that runs in it when it is closed, when the test
 * throws, and also when this process is killed.
 *
 * @module
 */

import {
  Background,
  failure,
  must,
  type Result,
  run,
  type RunOptions,
  sleep,
  until,
} from "./process.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";

/** Where a cable ends. */
export interface End {
  host: Host;
  /** Name of the interface that is made for it. */
  interface: string;
  /** With prefix lengths. */
  addresses: string[];
}

/** How a router translates addresses. */
export interface Translation {
  inside: string;
  outside: string;
  /** Seconds without a datagram after which a mapping is forgotten, answered or not; 30 unless told. */
  udpTimeoutSeconds?: number;
}

/** A set of hosts that is made and taken away as one. */
export class Network implements AsyncDisposable {
  readonly #hosts: Host[] = [];

  /** Makes hosts of these names. @throws Error where namespaces cannot be made, as when not root */
  static async create(...names: string[]): Promise<Network> {
    const network = new Network();
    try {
      for (
        const host of await Promise.all(names.map((name) => Host.create(name)))
      ) network.#hosts.push(host);
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  /** The host of that name. */
  host(name: string): Host {
    const host = this.#hosts.find((each) => each.name === name);
    if (!host) throw new RangeError(`no host ${name}`);
    return host;
  }

  /** Joins two hosts with a cable; both interfaces are up and have their addresses afterwards. */
  async wire(a: End, b: End): Promise<void> {
    const [left, right] = [String(a.host.pid), String(b.host.pid)];
    await must([
      "ip",
      "link",
      "add",
      a.interface,
      "netns",
      left,
      "type",
      "veth",
      "peer",
      "name",
      b.interface,
      "netns",
      right,
    ]);
    await Promise.all([a, b].map(plug));
    await Promise.all([a, b].map(hasCarrier));
  }

  /** Makes a host a router: what comes from inside goes out under its own address and a random port; from outside only answers come in. */
  async translate(router: Host, how: Translation): Promise<void> {
    const seconds = how.udpTimeoutSeconds ?? 30;
    await router.must("sysctl", "-qw", "net.ipv4.ip_forward=1");
    await router.load(translation(how));
    for (const timer of ["udp_timeout", "udp_timeout_stream"]) {
      await router.must(
        "sysctl",
        "-qw",
        `net.netfilter.nf_conntrack_${timer}=${seconds}`,
      );
    }
  }

  /** Ends everything that runs in the hosts, and the hosts. */
  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** One machine of the network. */
export class Host {
  #counter = 0;
  readonly #background: Background[] = [];

  private constructor(readonly name: string, readonly first: Background) {}

  /** Makes a host that has loopback only. */
  static async create(name: string): Promise<Host> {
    const namespaces = [
      "--net",
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      "--mount-proc",
      "--propagation",
      "private",
    ];
    const first = new Background([
      "unshare",
      ...namespaces,
      "bash",
      "-c",
      FIRST_PROCESS,
      name,
    ]);
    await first.says(/^ready$/m, 10_000).catch(async (error) => {
      await first.end(0);
      throw new Error(`cannot make host ${name}: ${error.message}`);
    });
    return new Host(name, first);
  }

  /** A process that is in the host's network and mounts, as the outside numbers it. */
  get pid(): number {
    return this.first.pid;
  }

  /** Runs a program in the host; see {@linkcode run}. */
  run(...command: string[]): Promise<Result> {
    return this.runWith({}, ...command);
  }

  /** The same with a limit, input or environment. When the limit is over, all that the program started is left to close(). */
  runWith(options: RunOptions, ...command: string[]): Promise<Result> {
    const seconds = Math.ceil((options.timeout ?? 30_000) / 1_000);
    const timeout = (seconds + 2) * 1_000;
    return run([
      ...this.#enter(),
      "timeout",
      "-k",
      "1",
      String(seconds),
      ...command,
    ], { ...options, timeout });
  }

  /** Runs a program that must succeed. @returns its stdout */
  async must(...command: string[]): Promise<string> {
    const result = await this.run(...command);
    if (result.code !== 0) {
      throw new Error(`${this.name}: ${failure(command, result)}`);
    }
    return result.stdout;
  }

  /** Runs a shell script that must succeed. @returns its stdout */
  shell(script: string): Promise<string> {
    return this.must("bash", "-euc", script);
  }

  /** Starts a program that runs on until it is stopped or the host is closed. */
  async spawn(
    command: string[],
    env: Record<string, string> = {},
  ): Promise<Program> {
    const note = `/run/program.${++this.#counter}`;
    const script = `echo $$ > ${note}.new; mv ${note}.new ${note}; exec "$@"`;
    const background = new Background([
      ...this.#enter(),
      "sh",
      "-c",
      script,
      "sh",
      ...command,
    ], env);
    this.#background.push(background);
    const pid = await until(
      `${command[0]} in ${this.name}`,
      5_000,
      () => this.readIf(note),
    );
    return new Program(this, background, Number(pid));
  }

  /** Loads an nftables script. */
  async load(rules: string): Promise<void> {
    const result = await this.runWith({ stdin: rules }, "nft", "-f", "-");
    if (result.code !== 0) {
      throw new Error(`${this.name}: ${failure(["nft", "-f", "-"], result)}`);
    }
  }

  /** Writes a file of the host. */
  async write(
    path: string,
    text: string | Uint8Array,
    mode = 0o600,
  ): Promise<void> {
    const bytes = typeof text === "string"
      ? new TextEncoder().encode(text)
      : text;
    await Deno.writeFile(this.path(path), bytes, { mode });
    await Deno.chmod(this.path(path), mode);
  }

  /** A file of the host. */
  async read(path: string): Promise<string> {
    return await Deno.readTextFile(this.path(path));
  }

  /** A file of the host, or undefined where there is none. */
  async readIf(path: string): Promise<string | undefined> {
    return await this.read(path).catch(() => undefined);
  }

  /** Where a file of the host is seen from outside; /var/run is a link there, and would lead out of the host. */
  path(inside: string): string {
    return `/proc/${this.pid}/root${inside.replace(/^\/var\/run\//, "/run/")}`;
  }

  /** What a tunnel could have changed in the host, for {@linkcode difference}. */
  snapshot(): Promise<Snapshot> {
    return takeSnapshot((...command) => this.must(...command));
  }

  /** Ends everything that runs in the host. Its network goes with the last process. */
  async close(): Promise<void> {
    await this.first.end(1_000);
    await Promise.all(this.#background.map((each) => each.end(1_000)));
  }

  #enter(): string[] {
    const pid = String(this.pid);
    return [
      "nsenter",
      "-t",
      pid,
      "--net",
      "--mount",
      `--pid=/proc/${pid}/ns/pid_for_children`,
      "--",
    ];
  }
}

/** A program that runs in a host. */
export class Program {
  /** @param pid as the host numbers it */
  constructor(
    readonly host: Host,
    readonly process: Background,
    readonly pid: number,
  ) {}

  /** Everything that it wrote. */
  get log(): string {
    return this.process.log;
  }

  /** Signals the program itself. */
  async kill(signal = "TERM"): Promise<void> {
    await this.host.run("kill", `-${signal}`, String(this.pid));
  }

  /** Ends it: TERM, then after 2 s KILL. */
  async stop(): Promise<void> {
    if (this.process.ended) return;
    await this.kill();
    await Promise.race([this.process.exited, sleep(2_000)]);
    if (!this.process.ended) await this.kill("KILL");
    await this.process.end();
  }
}

/** Runs as the first process of a host. bash rather than sh, because it reaps what is left to it. */
const FIRST_PROCESS = `
set -e
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
[ /var/run -ef /run ] || mount --bind /run /var/run
mkdir -p /run/lock
cp -a /etc /run/etc 2>/dev/null || true
rm -f /run/etc/resolv.conf; echo 'nameserver 192.0.2.53' > /run/etc/resolv.conf
rm -rf /run/etc/wireguard; mkdir -m 700 /run/etc/wireguard
mount --bind /run/etc /etc
sysctl -qw net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0 net.ipv6.conf.default.accept_dad=0 net.ipv4.ping_group_range='0 2147483647' || true
ip link set lo up
set +e; trap : CHLD INT TERM HUP
echo ready
while read -r _ || [ $? -gt 128 ]; do :; done
`;

async function plug(end: End): Promise<void> {
  const lines = end.addresses.map((address) =>
    `address add ${address} dev ${end.interface}${
      address.includes(":") ? " nodad" : ""
    }`
  );
  const batch = [...lines, `link set ${end.interface} up`].join("\n");
  const result = await end.host.runWith({ stdin: batch }, "ip", "-batch", "-");
  if (result.code !== 0) {
    throw new Error(`${end.host.name}: ${failure(["ip", "-batch"], result)}`);
  }
}

/** An interface comes up a moment after both ends were told to. */
async function hasCarrier(end: End): Promise<void> {
  const state = `/sys/class/net/${end.interface}/operstate`;
  await end.host.shell(
    `for _ in {1..100}; do read -r state < ${state}; [ "$state" = up ] && exit; sleep 0.02; done; exit 1`,
  );
}

function translation({ inside, outside }: Translation): string {
  return `
table ip translation {
  chain outgoing {
    type nat hook postrouting priority srcnat
    oifname "${outside}" masquerade fully-random
  }
  chain forward {
    type filter hook forward priority filter; policy drop
    ct state established,related accept
    iifname "${inside}" oifname "${outside}" accept
  }
  chain input {
    type filter hook input priority filter
    iifname "${outside}" ct state established,related accept
    iifname "${outside}" drop
  }
}
`;
}
