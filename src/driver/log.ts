/**
 * What a tunnel has to say once it has let go of its caller's terminal:
 * /run/caktus/NAME.log, with the time before each line. Only what should not
 * happen stands there, so mostly there is no such file.
 *
 * @module
 */

const FOLDER = "/run/caktus";
/** Lines in all: an error that comes again and again must not fill /run. */
const MOST_LINES = 200;
/** Characters of one line, most of which are the places in the program. */
const LONGEST_LINE = 1_000;

/** Who hears it besides the file, in the form of wireguard-go: `ERROR: (wg0) 2026/11/25 15:04:05 …`. */
export interface Voice {
  /** With `silent` the file stays empty too. */
  readonly level: "silent" | "error" | "verbose";
  say(line: string): void;
}

/** The log of one tunnel. */
export class Log {
  readonly path: string;
  #name: string;
  #voice: Voice | undefined;
  #lines = 0;

  /** Removes what an earlier tunnel of this name has said. */
  constructor(name: string, folder = FOLDER, voice?: Voice) {
    this.path = `${folder}/${name}.log`;
    this.#name = name;
    this.#voice = voice;
    try {
      Deno.removeSync(this.path);
    } catch {
      // There was none, or it cannot be removed: then it goes on.
    }
  }

  /** Notes an error and what was being done. Never throws. */
  report(doing: string, error: unknown): void {
    if (this.#voice?.level === "silent") return;
    this.#say("ERROR", `${doing}: ${describe(error)}`);
    if (this.#lines === MOST_LINES) return;
    this.#lines++;
    const last = this.#lines === MOST_LINES ? " (no more is written)" : "";
    const text = describe(error).slice(0, LONGEST_LINE);
    const time = new Date().toISOString();
    this.#write(`${time} ${doing}: ${text}${last}\n`);
  }

  /** Says what happens, to who wants to hear it. Never throws. */
  tell(text: string): void {
    if (this.#voice?.level === "verbose") this.#say("DEBUG", text);
  }

  #say(level: string, text: string): void {
    const time = clockTime(new Date());
    try {
      this.#voice?.say(`${level}: (${this.#name}) ${time} ${text}\n`);
    } catch {
      // Nobody listens any more.
    }
  }

  #write(line: string): void {
    try {
      const folder = this.path.slice(0, this.path.lastIndexOf("/"));
      Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
      Deno.writeTextFileSync(this.path, line, { append: true, mode: 0o600 });
    } catch {
      // Without a place for it there is nobody to tell.
    }
  }
}

/** The time of day here: 2026/11/25 15:04:05. */
function clockTime(now: Date): string {
  const two = (number: number) => `${number}`.padStart(2, "0");
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()];
  return `${day.map(two).join("/")} ${time.map(two).join(":")}`;
}

/** The error in one line, with the places in the program where it is a mistake of ours. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const known = error.name === "SystemError" || isDenoError(error);
  const text = known ? error.message : error.stack ?? error.message;
  return text.replaceAll(/\s*\n\s*/g, " · ");
}

function isDenoError(error: Error): boolean {
  return error.name in Deno.errors;
}
