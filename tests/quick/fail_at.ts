/**
 * `up` on the real machine with one step that fails, for machine_test.ts, which runs it inside a sandbox:
 * `fail_at.ts FILE STEP before|after`. It exits with 7 where the step failed and `up` was undone.
 *
 * @module
 */

import { toDeviceChange } from "../../src/config/device_change.ts";
import { formatSet } from "../../src/config/uapi_set.ts";
import { parseConfig } from "../../src/config/wg_conf.ts";
import { Failure } from "../../src/quick/failure.ts";
import { Interrupts } from "../../src/quick/interrupts.ts";
import { linuxMachine } from "../../src/quick/linux_machine.ts";
import type { Machine } from "../../src/quick/machine.ts";
import { up } from "../../src/quick/up.ts";

const [file = "", failing = "", when = ""] = Deno.args;
const config = parseConfig(Deno.readTextFileSync(file), file);
let deeds = 0;

/** The real machine, whose deed of that number fails: instead of being done, or afterwards. */
function failingMachine(real: Machine): Machine {
  const wrap = <A extends unknown[], R>(work: (...given: A) => R) => {
    return (...given: A): R => {
      const fails = ++deeds === Number(failing);
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

try {
  await up(
    {
      name: "wg0",
      file,
      config,
      settings: formatSet(toDeviceChange(config, () => undefined)),
      endpoints: [],
    },
    {
      machine: failingMachine(linuxMachine()),
      interrupts: new Interrupts(),
      report: { step: () => {}, warn: () => {} },
    },
  );
  Deno.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(
    error instanceof Failure && error.message.includes("planted") ? 7 : 1,
  );
}
