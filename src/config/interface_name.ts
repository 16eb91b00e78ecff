/**
 * Names of interfaces, and of the files that stand for them.
 *
 * The kernel takes up to 15 bytes (IFNAMSIZ with its NUL); wg-quick(8) takes
 * letters, digits and `_ = + . -` of them.
 *
 * @module
 */

import { ConfigError } from "./config.ts";

/** Characters of the longest name. */
export const MAX_NAME = 15;

/**
 * The interface that a file stands for: `/etc/wireguard/wg0.conf` is wg0.
 *
 * @throws ConfigError where the file is not called NAME.conf, or NAME is no interface's
 */
export function interfaceNameOf(path: string): string {
  const base = path.slice(path.lastIndexOf("/") + 1);
  if (!base.endsWith(".conf")) {
    throw new ConfigError(
      path,
      0,
      "",
      "a configuration file is called NAME.conf, where NAME becomes the interface's",
    );
  }
  const name = base.slice(0, -".conf".length);
  checkInterfaceName(name, path);
  return name;
}

/**
 * Refuses what cannot be the name of an interface.
 *
 * @param source the file or word that the name was taken from, for the error
 * @throws ConfigError with what is wrong
 */
export function checkInterfaceName(name: string, source: string): void {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new ConfigError(source, 0, "", problem);
}

function nameProblem(name: string): string | undefined {
  if (name === "") return "the interface's name is empty";
  if (name === "." || name === "..") return "no interface can be called that";
  if (!/^[a-zA-Z0-9_=+.-]+$/.test(name)) {
    return "an interface's name has only letters, digits and _ = + . -; rename it";
  }
  if (name.length > MAX_NAME) {
    return `an interface's name has ${MAX_NAME} characters at most, this one has ${name.length}; shorten it`;
  }
}
