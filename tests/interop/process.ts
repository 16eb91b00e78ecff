/**
 * Child processes that always end: every wait has a limit, every failure says what was called and what it wrote.
 *
 * @module
 */

/** What a finished process left. */
export interface Result {
  /** Exit status; 124 where its time was up. */
  code: number;
  stdout: string;
  stderr: string;
}

/** How a process is started. */
export interface RunOptions {
  /** Milliseconds after which it is killed; 30 s unless told. */
  timeout?: number;
  stdin?: string | Uint8Array;
  env?: Record<string, string>;
}

/** Runs a program to its end; a program that cannot be started has status 127. */
export async function run(
  command: string[],
  options: RunOptions = {},
): Promise<Result> {
  const limit = options.timeout ?? 30_000;
  const process = start(command, options);
  if (!process) {
    return { code: 127, stdout: "", stderr: `no such program: ${command[0]}` };
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    signal(process, "SIGKILL");
  }, limit);
  const [output] = await Promise.all([
    process.output(),
    feed(process, options.stdin),
  ])
    .finally(() => clearTimeout(timer));
  const stderr = text(output.stderr) +
    (late ? `\nkilled after ${limit} ms` : "");
  return {
    code: late ? 124 : output.code,
    stdout: text(output.stdout),
    stderr,
  };
}

/** Runs a program that must succeed. @returns its stdout @throws Error with all that it wrote */
export async function must(
  command: string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await run(command, options);
  if (result.code !== 0) throw new Error(failure(command, result));
  return result.stdout;
}

/** A failed command, its status and its words, for people. */
export function failure(command: string[], result: Result): string {
  const words = `${result.stdout}${result.stderr}`.trim();
  return `${command.join(" ")}\nended with status ${result.code}${
    words && ":\n" + words
  }`;
}

/** Resolves to what `attempt` returns, as soon as that is not undefined. @throws Error when `limit` milliseconds have gone */
export async function until<T>(
  what: string,
  limit: number,
  attempt: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const end = performance.now() + limit;
  for (;;) {
    const value = await attempt();
    if (value !== undefined) return value;
    if (performance.now() > end) {
      throw new Error(`waited ${limit} ms in vain: ${what}`);
    }
    await sleep(20);
  }
}

/** Resolves after that many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A process that runs on while the test goes its way, with all that it writes kept for the report of a failure. */
export class Background {
  /** Everything that it wrote to stdout and stderr so far. */
  log = "";
  /** Resolves to the exit status. */
  readonly exited: Promise<number>;
  /** Whether it has ended. */
  ended = false;
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  /** @throws Error where the program does not exist */
  constructor(command: string[], env: Record<string, string> = {}) {
    const process = start(command, { env });
    if (!process) throw new Error(`no such program: ${command[0]}`);
    this.#process = process;
    this.#writer = process.stdin.getWriter();
    const copied = Promise.all([
      this.#keep(process.stdout),
      this.#keep(process.stderr),
    ]);
    this.exited = process.status.then(async ({ code }) => {
      this.ended = true;
      await copied;
      return code;
    });
  }

  /** The process that was started, in the caller's PID namespace. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Writes to its stdin. */
  async write(words: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(words));
  }

  /** Ends its stdin. */
  async closeInput(): Promise<void> {
    await this.#writer.close().catch(() => {});
  }

  /** Signals it; one that has ended is left alone. */
  kill(name: Deno.Signal = "SIGTERM"): void {
    if (!this.ended) signal(this.#process, name);
  }

  /** Resolves when its log matches. @throws Error with the log when it ends or `limit` milliseconds go before that */
  async says(pattern: RegExp, limit: number): Promise<RegExpMatchArray> {
    return await until(`${pattern} in the log:\n`, limit, () => {
      const match = this.log.match(pattern);
      if (!match && this.ended) {
        throw new Error(`ended before it said ${pattern}:\n${this.log}`);
      }
      return match ?? undefined;
    }).catch((error) => {
      throw new Error(`${error.message}\n${this.log}`);
    });
  }

  /** Resolves when it has ended, by itself or by force after `limit` milliseconds. */
  async end(limit = 2_000): Promise<void> {
    const timer = setTimeout(() => this.kill("SIGKILL"), limit);
    await this.closeInput();
    await this.exited.finally(() => clearTimeout(timer));
  }

  async #keep(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (
      const part of stream.pipeThrough(new TextDecoderStream() as Decoder)
    ) {
      this.log += part;
    }
  }
}

/** TextDecoderStream takes any buffer source; a process gives byte arrays. */
type Decoder = ReadableWritablePair<string, Uint8Array>;

function start(
  command: string[],
  options: RunOptions,
): Deno.ChildProcess | undefined {
  const [program = "", ...args] = command;
  const path = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`;
  const env = { LC_ALL: "C", PATH: path, ...options.env };
  try {
    return new Deno.Command(program, {
      args,
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function feed(
  process: Deno.ChildProcess,
  input: string | Uint8Array = "",
): Promise<void> {
  const writer = process.stdin.getWriter();
  const bytes = typeof input === "string"
    ? new TextEncoder().encode(input)
    : input;
  try {
    if (bytes.length > 0) await writer.write(bytes);
    await writer.close();
  } catch {
    // A program that reads nothing, or ends first, closes the pipe: its status tells what happened.
  }
}

function signal(process: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    process.kill(name);
  } catch {
    // It ended in this very moment.
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
