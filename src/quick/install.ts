/**
 * Putting the unit of systemd in its place, and taking it away.
 *
 * ```text
 * install      the unit's file ─▶ daemon-reload ─▶ enable caktus@NAME
 * uninstall    is one running? ─▶ disable each ─▶ the file goes ─▶ daemon-reload
 * no systemd   nothing is done; what other systems need is said
 * ```
 *
 * @module
 */

import { Failure } from "./failure.ts";
import { UNIT_NAME, unitText } from "./service_unit.ts";

const UNIT_FOLDER = "/etc/systemd/system";

/** Where it is installed, and with what. */
export interface Place {
  /** "" is this machine; else a folder that stands for its root, in which systemd is not told. */
  readonly root: string;
  /** The command that runs caktus. */
  readonly program: readonly string[];
  /** Runs systemctl with these words. @returns what it printed @throws Failure */
  systemctl(...words: string[]): Promise<string>;
  /** Whether a path is there. */
  exists(path: string): boolean;
}

/** This machine, or a folder that becomes one's root. */
export function installPlace(root: string, program: readonly string[]): Place {
  return { root, program, systemctl, exists };
}

/**
 * Writes the unit, and enables it for an interface.
 *
 * @returns what to do next, in words
 * @throws Failure where there is no systemd
 */
export async function install(
  name: string | undefined,
  place: Place,
): Promise<string[]> {
  const { root, program, systemctl, exists } = place;
  checkSystemd(name ?? "wg0", place);
  const file = `${root}${UNIT_FOLDER}/${UNIT_NAME}`;
  replaceFile(file, unitText(program));
  const said = [`${file} is written`];
  if (root !== "") return said;
  await systemctl("daemon-reload");
  if (name === undefined) {
    return [...said, "for each interface: systemctl enable --now caktus@wg0"];
  }
  await systemctl("enable", `caktus@${name}`);
  const start = exists(`/run/caktus/${name}.toml`)
    ? `caktus down ${name}; systemctl start caktus@${name}`
    : `systemctl start caktus@${name}`;
  return [...said, `${name} comes up at boot; now: ${start}`];
}

/**
 * Removes the unit.
 *
 * @returns what was done, in words
 * @throws Failure where it is not there, or an interface is up by it
 */
export async function uninstall(place: Place): Promise<string[]> {
  const { root, systemctl, exists } = place;
  const file = `${root}${UNIT_FOLDER}/${UNIT_NAME}`;
  if (!exists(file)) throw new Failure(`there is no ${file}`);
  if (root === "") {
    const units = await systemctl(
      ...["list-units", "--plain", "--no-legend", "caktus@*.service"],
    );
    const [running] = units.split(/\s+/);
    if (running) {
      throw new Failure(`${running} is running`, {
        hint: `stop it first: systemctl disable --now ${running}`,
      });
    }
  }
  for (const link of enabled(`${root}${UNIT_FOLDER}`)) Deno.removeSync(link);
  Deno.removeSync(file);
  if (root === "") await systemctl("daemon-reload");
  return [`${file} is removed`];
}

/** The links by which instances come up at boot. */
function enabled(folder: string): string[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ name }) => /\.(wants|requires)$/.test(name))
    .flatMap((entry) =>
      [...Deno.readDirSync(`${folder}/${entry.name}`)]
        .filter(({ name }) => /^caktus@.*\.service$/.test(name))
        .map(({ name }) => `${folder}/${entry.name}/${name}`)
    );
}

/** Where a machine is not run by systemd, nothing would read the unit. */
function checkSystemd(name: string, { root, program, exists }: Place): void {
  if (root !== "" || exists("/run/systemd/system")) return;
  const caktus = program.join(" ");
  const foreground = `${caktus} up --foreground ${name}`;
  if (exists("/sbin/openrc-run")) {
    throw new Failure("this machine is run by OpenRC, not by systemd", {
      hint: [
        `write to /etc/init.d/caktus.${name}, and make it executable:`,
        "  #!/sbin/openrc-run",
        `  command=${program[0]}`,
        `  command_args="${
          program.slice(1).concat("up").join(" ")
        } --foreground ${name}"`,
        `  command_background=yes pidfile=/run/caktus.${name}.pid`,
        "  depend() { use net dns; }",
        `then: rc-update add caktus.${name}; rc-service caktus.${name} start`,
      ].join("\n"),
    });
  }
  if (exists("/run/runit") || exists("/etc/runit")) {
    throw new Failure("this machine is run by runit, not by systemd", {
      hint: [
        `write to /etc/sv/caktus-${name}/run, and make it executable:`,
        "  #!/bin/sh",
        `  exec ${foreground}`,
        `then: ln -s /etc/sv/caktus-${name} /var/service/`,
      ].join("\n"),
    });
  }
  throw new Failure("this machine is not run by systemd", {
    hint:
      `let whatever starts programs at boot run: ${foreground}\nor once, without staying: ${caktus} up ${name}`,
  });
}

/** Whole or not at all: systemd may read it at any time. */
function replaceFile(path: string, text: string): void {
  const folder = path.slice(0, path.lastIndexOf("/"));
  Deno.mkdirSync(folder, { recursive: true });
  const aside = `${path}.new`;
  Deno.writeTextFileSync(aside, text, { mode: 0o644 });
  Deno.renameSync(aside, path);
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

async function systemctl(...words: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("systemctl", {
    args: words,
    env: { LC_ALL: "C", SYSTEMD_COLORS: "0" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout).trim();
  throw new Failure(`systemctl ${words.join(" ")} failed`, {
    hint: decoder.decode(stderr).trim(),
  });
}
