/**
 * `install` and `uninstall`: the service that brings interfaces up at boot.
 *
 * @module
 */

import { checkInterfaceName } from "../config/interface_name.ts";
import { Failure } from "../quick/failure.ts";
import {
  install,
  installPlace,
  type Place,
  uninstall,
} from "../quick/install.ts";
import { selfWords } from "../quick/daemon.ts";
import { print, terminalReport } from "./output.ts";
import { onlyWord } from "./arguments.ts";

/**
 * `install [NAME] [--root FOLDER]`
 *
 * @returns the exit status
 */
export async function runInstall(
  words: readonly string[],
  root: string | undefined,
): Promise<number> {
  const name = onlyWord("install", words);
  if (name !== undefined) checkInterfaceName(name, name);
  const place = checkedPlace("install", root);
  const file = `${place.root}/etc/wireguard/${name}.conf`;
  if (name !== undefined && !place.exists(file)) {
    throw new Failure(`there is no file ${file}`, {
      hint: "the service reads its configuration there",
    });
  }
  warnOfPlace(place);
  print((await install(name, place)).map((line) => `${line}\n`).join(""));
  return 0;
}

/** `uninstall [--root FOLDER]` */
export async function runUninstall(root: string | undefined): Promise<number> {
  const place = checkedPlace("uninstall", root);
  print((await uninstall(place)).map((line) => `${line}\n`).join(""));
  return 0;
}

function checkedPlace(command: string, root = ""): Place {
  if (root === "" && Deno.uid() !== 0) {
    throw new Failure("only root may change the services of this machine", {
      hint: `run it as root: sudo caktus ${command}`,
    });
  }
  return installPlace(root.replace(/\/$/, ""), selfWords());
}

/** The service starts the program where it is now. */
function warnOfPlace({ program: [path = ""] }: Place): void {
  if (!/^\/(tmp|home|root|var\/tmp|run)\//.test(path)) return;
  terminalReport.warn(
    `the service will start ${path}, which may go from there`,
    "better: install -m 755 caktus /usr/local/bin; /usr/local/bin/caktus install",
  );
}
