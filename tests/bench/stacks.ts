/**
 * Reads what perf sampled, and tells to which part of a tunnel's work each sample belongs. Pure.
 *
 * A sample is a stack, the innermost frame first; kernel frames come before the program's.
 *
 * | part | innermost frame, or any of the kernel's |
 * |---|---|
 * | cipher and checksums | WebAssembly; Go's assembly |
 * | own code | JavaScript of Caktus; Go of wireguard-go |
 * | copies in the program | memmove |
 * | runtime | V8, Deno, their builtins and trampolines; Go's scheduler and maps |
 * | collector and compiler | their threads |
 * | TUN read, TUN write, UDP send, UDP receive | the call's function in the kernel |
 * | network in softirq | net_rx_action: the other end's receiving, done in the time of whoever sent |
 * | waiting and waking | poll, epoll, futex, sleep |
 * | kernel, other | what is left: page faults, timers, entry and exit |
 *
 * @module
 */

/** A function on a stack. */
export interface Frame {
  address: number;
  symbol: string;
  /** The file or the kernel's name. */
  module: string;
}

/** A sample. */
export interface Stack {
  /** The thread's name. */
  thread: string;
  /** Of the process. */
  pid: number;
  /** The innermost first. */
  frames: Frame[];
}

/** The parts in the order of the table. */
export const PARTS = [
  ...["cipher and checksums", "own code", "copies in the program", "runtime"],
  ...["collector and compiler", "TUN read", "TUN write", "UDP send"],
  ...["UDP receive", "network in softirq", "waiting and waking"],
  "kernel, other",
];

/** Reads `perf script -F comm,pid,tid,ip,sym,dso`. */
export function parseStacks(text: string): Stack[] {
  return text.split("\n\n").flatMap((block) => {
    const [head = "", ...lines] = block.replace(/^\n+/, "").split("\n");
    const match = head.match(/^\s*(.*?)\s+(\d+)\/\d+\s*$/);
    if (!match) return [];
    return [{
      thread: match[1]!,
      pid: Number(match[2]),
      frames: lines.flatMap(parseFrame),
    }];
  });
}

function parseFrame(line: string): Frame[] {
  const match = line.match(/^\s*([0-9a-f]+) (.*) \((.*)\)$/);
  if (!match) return [];
  const [, address = "", symbol = "", module = ""] = match;
  return [{ address: parseInt(address, 16), symbol, module }];
}

/** Where code lies that was made while the program ran, as V8's --perf-basic-prof lists it. */
export class CodeMap {
  readonly #entries: { from: number; to: number; name: string }[] = [];

  /** @param text lines of `START LENGTH NAME`, numbers in hexadecimal */
  constructor(text: string) {
    for (const line of text.split("\n")) {
      const [start = "", length = "", ...name] = line.split(" ");
      const from = parseInt(start, 16);
      if (name.length === 0 || Number.isNaN(from)) continue;
      const to = from + parseInt(length, 16);
      this.#entries.push({ from, to, name: name.join(" ") });
    }
  }

  /** The name of the code at an address: the latest that lay there. */
  find(address: number): string | undefined {
    return this.#entries.findLast(({ from, to }) =>
      from <= address && address < to
    )?.name;
  }
}

/** Whether a frame is the kernel's. */
function inKernel({ module }: Frame): boolean {
  return module.startsWith("[kernel") || module.startsWith("[guest");
}

const KERNEL: [string, RegExp][] = [
  ["network in softirq", /^(net_rx_action|__napi_poll|process_backlog)$/],
  ["TUN read", /^tun_(chr_read_iter|do_read)/],
  ["TUN write", /^tun_(chr_write_iter|get_user)/],
  ["UDP send", /sys_send(m?msg|to)/],
  ["UDP receive", /sys_recv(m?msg|from)|do_recvmmsg/],
  [
    "waiting and waking",
    /sys_(p?poll|p?select\w*|epoll_p?wait\d?|futex|\w*nanosleep|sched_yield)|^do_(sys_poll|epoll_wait|futex)/,
  ],
];

const COLLECTOR = /^runtime\.(gcBgMarkWorker|bgsweep|bgscavenge|gcDrain)/;
const CIPHER =
  /^JS:wasm-function|chacha20|poly1305|wireguard\/tun\.checksum|_ring_core/i;
const COPY = /^(runtime\.memmove|__mem(move|cpy)_)/;
const OWN = /^JS:.* file:|^(Script|RegExp):.*file:|zx2c4\.com\/wireguard/;

/** The part to which a sample of a daemon belongs. @param name the function of the innermost frame */
export function partOf({ thread, frames }: Stack, name: string): string {
  const kernel = frames.filter(inKernel);
  if (frames[0] && inKernel(frames[0])) {
    const found = KERNEL.find(([, pattern]) =>
      kernel.some(({ symbol }) => pattern.test(symbol))
    );
    return found?.[0] ?? "kernel, other";
  }
  if (CIPHER.test(name)) return "cipher and checksums";
  if (COPY.test(name)) return "copies in the program";
  const collects = frames.some(({ symbol }) => COLLECTOR.test(symbol));
  if (collects || thread.startsWith("V8 ")) return "collector and compiler";
  if (OWN.test(name)) return "own code";
  // A program in Rust has no runtime: what has no name is its own.
  return /\/(boringtun-cli|gotatun)$/.test(frames[0]?.module ?? "")
    ? "own code"
    : "runtime";
}

/** Who has the machine's time: `daemons`, `iperf3`, `idle` or `others`. */
export function ownerOf(stack: Stack, daemons: ReadonlySet<number>): string {
  if (daemons.has(stack.pid)) return "daemons";
  if (stack.pid === 0) return "idle";
  return stack.thread === "iperf3" ? "iperf3" : "others";
}
