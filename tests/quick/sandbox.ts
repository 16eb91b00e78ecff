/**
 * A machine of one's own for a test: new namespaces for network, mounts and processes, an empty /run.
 *
 * ```text
 * unshare ─▶ sleep (process 1 of the sandbox)
 * run(command) ─▶ nsenter ─▶ bash -c command
 * ```
 *
 * When it is disposed of, process 1 is killed, and with it everything that runs inside.
 *
 * @module
 */

import { CAKTUS as PROGRAM } from "../program.ts";

const SETUP = `
  mount -t tmpfs none /run
  mount -t tmpfs none /etc/wireguard 2>/dev/null || true
  mkdir -p /run/files
  ip link set lo up
  ip link add uplink type veth peer name other
  ip link set uplink addrgenmode none; ip link set other addrgenmode none
  ip address add 192.0.2.2/24 dev uplink
  ip link set uplink up; ip link set other up
  ip route add default via 192.0.2.1
`;

/** Shows everything of the network that `down` has to leave as it was. */
export const SNAPSHOT = `
  ip address; ip route show table all; ip -6 route show table all
  ip -d rule; ip -6 -d rule; nft list ruleset
  grep -rs . /proc/sys/net/ipv4/conf/all /proc/sys/net/ipv6/conf/all /proc/sys/net/ipv4/ip_forward
  ls /run/wireguard; ls /run/caktus | grep -v 'lock$'
`;

/** What a command ended with. */
export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** The command that runs caktus. */
export const CAKTUS = PROGRAM.join(" ");

/** Where the tests put their files inside. */
export const FILES = "/run/files";

export class Sandbox implements AsyncDisposable {
  readonly #keeper: Deno.ChildProcess;
  readonly #pid: number;

  private constructor(keeper: Deno.ChildProcess, pid: number) {
    this.#keeper = keeper;
    this.#pid = pid;
  }

  /** Makes one that has an uplink with a default route. */
  static async create(): Promise<Sandbox> {
    const keeper = new Deno.Command("unshare", {
      args: ["--net", "--mount", "--propagation", "private", "--pid", "--fork"]
        .concat("--kill-child", "--mount-proc", "sleep", "infinity"),
      stdin: "null",
    }).spawn();
    const sandbox = new Sandbox(keeper, await firstChild(keeper.pid));
    const { status, stderr } = await sandbox.run(SETUP);
    if (status !== 0) throw new Error(`no sandbox: ${stderr}`);
    return sandbox;
  }

  /** Runs a shell command inside and waits for its end. */
  async run(command: string): Promise<Outcome> {
    const { code, stdout, stderr } = await this.#command(command).output();
    const decoder = new TextDecoder();
    return {
      status: code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
    };
  }

  /** Runs `caktus WORDS` inside, in the folder of the files. */
  async caktus(words: string): Promise<Outcome> {
    return await this.run(`cd ${FILES}; ${CAKTUS} ${words}`);
  }

  /** Writes a file inside, for the owner alone. */
  async write(name: string, text: string | Uint8Array): Promise<string> {
    const path = name.startsWith("/") ? name : `${FILES}/${name}`;
    const child = this.#command(`umask 077; cat > ${path}`, "piped").spawn();
    const bytes = typeof text === "string"
      ? new TextEncoder().encode(text)
      : text;
    const writer = child.stdin.getWriter();
    await writer.write(bytes);
    await writer.close();
    await child.output();
    return path;
  }

  /** Everything of the network that `down` has to leave as it was. */
  async snapshot(): Promise<string> {
    return (await this.run(SNAPSHOT)).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keeper.kill("SIGKILL");
    await this.#keeper.status;
  }

  #command(command: string, stdin: "null" | "piped" = "null") {
    const enter = ["-t", `${this.#pid}`, "--net", "--mount", "--pid"];
    return new Deno.Command("nsenter", {
      args: [...enter, "bash", "-c", command],
      env: { NO_COLOR: "1", WG_ENDPOINT_RESOLUTION_RETRIES: "0" },
      stdin,
      stdout: "piped",
      stderr: "piped",
    });
  }
}

/** Waits until unshare has forked into the new namespaces. */
async function firstChild(pid: number): Promise<number> {
  for (let i = 0; i < 200; i++) {
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
    const child = Number(children.trim().split(" ")[0]);
    if (child > 0 && commandName(child) === "sleep") return child;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("unshare did not start");
}

function commandName(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return "";
  }
}
