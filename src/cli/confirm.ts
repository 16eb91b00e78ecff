/**
 * `confirm`, and the hidden command `guard NAME SECONDS`: the two ends of `up --confirm`.
 *
 * @module
 */

import { checkInterfaceName } from "../config/interface_name.ts";
import { confirm, guard, parseTime } from "../quick/confirm.ts";
import { Failure } from "../quick/failure.ts";
import { checkPrivileges } from "../quick/preflight.ts";
import { onlyWord } from "./arguments.ts";
import { interfaceOf } from "./configuration.ts";
import { print, report } from "./output.ts";
import { interruptibly } from "./interruptible.ts";

/**
 * `confirm [NAME | FILE.conf]`
 *
 * @returns the exit status
 */
export async function runConfirm(words: readonly string[]): Promise<number> {
  const name = interfaceOf(onlyWord("confirm", words));
  checkPrivileges(["caktus", "confirm", ...words].join(" "));
  await confirm(name);
  print(`${name} stays up\n`);
  return 0;
}

/** `guard NAME SECONDS`, which `up --confirm` starts; it outlives its caller and has no terminal. */
export async function runGuard(words: readonly string[]): Promise<number> {
  try {
    const [name = "", seconds = "", ...more] = words;
    if (more.length > 0) throw new Failure("usage: caktus guard NAME SECONDS");
    checkInterfaceName(name, name);
    const time = parseTime(seconds);
    return await interruptibly(async (context) => {
      // The end of a terminal confirms nothing; TERM is what `confirm` sends.
      context.interrupts.hangup = () => true;
      await guard(name, time, context, () => print(`guarding ${name}\n`));
      return 0;
    });
  } catch (error) {
    return report(error);
  }
}
