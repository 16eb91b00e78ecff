/**
 * `up` on the real machine, again and again, with another step failing each time; for machine_test.ts, which runs
 * it inside a sandbox: `fail_at.ts FILE`. A step fails instead of being done; the daemon's start also afterwards,
 * the others then leave what the next one's failure finds. Each time it prints a line `STEP WHEN: RESULT`, where
 * the result is `clean`, or what was left behind, or why `up` failed otherwise. It ends when `up` comes to its end.
 *
 * @module
 */

import { toDeviceChange } from "../../src/config/device_change.ts";
import { formatSet } from "../../src/config/uapi_set.ts";
import { parseConfig } from "../../src/config/wg_conf.ts";
import { down } from "../../src/quick/down.ts";
import { Failure, messageOf } from "../../src/quick/failure.ts";
import { Interrupts } from "../../src/quick/interrupts.ts";
import { linuxMachine } from "../../src/quick/linux_machine.ts";
import type { Machine } from "../../src/quick/machine.ts";
import type { UndoContext } from "../../src/quick/undo.ts";
import { up } from "../../src/quick/up.ts";
import { SNAPSHOT } from "./sandbox.ts";

/** More steps than any file has. */
const MOST = 100;

type When = "before" | "after";
const BOTH: readonly When[] = ["before", "after"];

const [file = ""] = Deno.args;
const config = parseConfig(Deno.readTextFileSync(file), file);
const REQUEST = {
  name: "wg0",
  file,
  config,
  settings: formatSet(toDeviceChange(config, () => undefined)),
  endpoints: [],
};

/** The real machine, whose deed of that number fails: instead of being done, or afterwards. */
function failingMachine(real: Machine, failing: number, when: When): Machine {
  let deeds = 0;
  const wrap = <A extends unknown[], R>(work: (...given: A) => R) => {
    return (...given: A): R => {
      const fails = ++deeds === failing;
      if (fails && when === "before") throw new Failure("planted");
      const result = work(...given);
      if (!fails) return result;
      if (!(result instanceof Promise)) throw new Failure("planted");
      return result.then(() => {
        throw new Failure("planted");
      }) as R;
    };
  };
  return {
    ...real,
    apply: wrap(real.apply),
    startDaemon: wrap(real.startDaemon),
    configure: wrap(real.configure),
    runHook: (command, name, signal) =>
      command.includes("down")
        ? real.runHook(command, name, signal)
        : wrap(real.runHook)(command, name, signal),
  };
}

function contextOf(machine: Machine): UndoContext {
  return {
    machine,
    interrupts: new Interrupts(),
    report: { step: () => {}, warn: () => {} },
  };
}

function snapshot(): string {
  const options = { args: ["-c", SNAPSHOT] };
  const { stdout } = new Deno.Command("bash", options).outputSync();
  return new TextDecoder().decode(stdout);
}

/** What is to be said of an `up` whose step failed; undefined where it came to its end. */
async function fails(
  before: string,
  step: number,
  when: When,
): Promise<string | undefined> {
  const context = contextOf(failingMachine(linuxMachine(), step, when));
  try {
    await up(REQUEST, context);
    return undefined;
  } catch (error) {
    if (!messageOf(error).includes("planted")) return messageOf(error);
    const hint = error instanceof Failure ? error.hint : "";
    if (hint !== "") return hint;
    const after = snapshot();
    return after === before ? "clean" : `before:\n${before}\nafter:\n${after}`;
  }
}

const before = snapshot();
for (let step = 1; step < MOST; step++) {
  for (const when of step === 1 ? BOTH : ["before"] as const) {
    const result = await fails(before, step, when);
    if (result === undefined) {
      await down("wg0", contextOf(linuxMachine()));
      Deno.exit(snapshot() === before ? 0 : 1);
    }
    console.log(`${step} ${when}: ${result}`);
  }
}
Deno.exit(1);
