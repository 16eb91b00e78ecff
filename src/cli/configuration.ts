/**
 * Finding and reading the configuration that a word on the command line means.
 *
 * | word                            | file                                      |
 * |---------------------------------|-------------------------------------------|
 * | none                            | ./wg0.conf, else /etc/wireguard/wg0.conf  |
 * | has a slash, or ends in `.conf` | that path                                 |
 * | any other                       | /etc/wireguard/WORD.conf                  |
 *
 * @module
 */

import { decodeConfig } from "../config/conf_text.ts";
import type { Config } from "../config/config.ts";
import {
  checkInterfaceName,
  interfaceNameOf,
} from "../config/interface_name.ts";
import { parseConfig, type ParseOptions } from "../config/wg_conf.ts";
import { Failure } from "../quick/failure.ts";
import { publicKeyOf } from "./keys.ts";
import { routeTable } from "./route_tables.ts";

const SYSTEM_FOLDER = "/etc/wireguard";
const USUAL_NAME = "wg0";

/** Which file is meant, and which interface. */
export interface ConfigurationPlace {
  readonly name: string;
  /** As the user would name it. */
  readonly file: string;
}

/**
 * The interface that a word means; no file need be there.
 *
 * @throws ConfigError where it cannot be an interface's name
 */
export function interfaceOf(word: string | undefined): string {
  if (word === undefined) return USUAL_NAME;
  if (isPath(word)) return interfaceNameOf(word);
  checkInterfaceName(word, word);
  return word;
}

/**
 * The file and the interface that a word means.
 *
 * @param command that it is for, as the way out names it
 * @throws ConfigError or Failure where there is no such file
 */
export function findConfiguration(
  word: string | undefined,
  command = "up",
): ConfigurationPlace {
  const name = interfaceOf(word);
  if (word !== undefined && isPath(word)) {
    if (exists(word)) return { name, file: word };
    throw new Failure(`there is no file ${word}`);
  }
  const local = `${name}.conf`;
  const system = `${SYSTEM_FOLDER}/${name}.conf`;
  if (word === undefined && exists(local)) return { name, file: local };
  if (exists(system)) return { name, file: system };
  if (word === undefined) {
    throw new Failure(`there is neither ./${local} nor ${system}`, {
      hint: `name a file: caktus ${command} path/to/wg0.conf`,
    });
  }
  const way = exists(local) ? `./${local}` : `path/to/${local}`;
  throw new Failure(`there is no file ${system}`, {
    hint: `for a file in another place give its path: caktus ${command} ${way}`,
  });
}

/**
 * Reads and checks a configuration file.
 *
 * @throws ConfigError
 */
export function readConfiguration(file: string): Config {
  const text = decodeConfig(readFile(file));
  return parseConfig(text, file, parseOptions());
}

/** What reading a configuration needs to know of this machine. */
export function parseOptions(): ParseOptions {
  return { services: udpPort, tables: routeTable, publicKeyOf };
}

/** The bytes of a configuration file. @throws Failure */
export function readFile(file: string): Uint8Array {
  try {
    return Deno.readFileSync(file);
  } catch (cause) {
    const why = cause instanceof Deno.errors.PermissionDenied
      ? "may not be read"
      : "cannot be read";
    throw new Failure(`${file} ${why}`, { cause });
  }
}

function isPath(word: string): boolean {
  return word.includes("/") || word.endsWith(".conf");
}

/** Whether there is such a file, readable or not. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    // Whatever else is wrong with it shows when it is read.
    return !(error instanceof Deno.errors.NotFound);
  }
}

/** Port of a UDP service, from /etc/services. */
export function udpPort(name: string): number | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync("/etc/services");
  } catch {
    return undefined;
  }
  for (const line of text.split("\n")) {
    const [first, port, ...others] = line.replace(/#.*/, "").trim().split(
      /\s+/,
    );
    const found = /^(\d+)\/udp$/.exec(port ?? "")?.[1];
    if (found !== undefined && [first, ...others].includes(name)) {
      return Number(found);
    }
  }
  return undefined;
}
