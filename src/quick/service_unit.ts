/**
 * The unit of systemd that brings an interface up at boot and keeps it: caktus@.service, as text.
 *
 * | lines                 | why                                                                        |
 * |-----------------------|----------------------------------------------------------------------------|
 * | network-online, nss   | after them, but not only where they succeed: `up` waits for no DNS         |
 * | KillMode=mixed        | TERM comes to `up` alone, which ends the daemon after the hooks of PreDown |
 * | ExecStopPost          | where `up` was killed, what it wrote down is undone                        |
 * | WatchdogSignal=TERM   | a tunnel that hangs is taken down as it should be, and started anew        |
 * | CapabilityBoundingSet | see below                                                                  |
 *
 * ```text
 * NET_ADMIN         interfaces, addresses, routes, rules, packet filter, marks
 * NET_BIND_SERVICE  ports below 1024
 * NET_RAW           iptables of the older kind, in hooks; pings that measure the way
 * SETPCAP           to give the daemon the first two and no more
 * ```
 *
 * MemoryDenyWriteExecute is not there, because the runtime compiles as it runs. A hook that needs more of root's
 * power gets it by `systemctl edit`.
 *
 * @module
 */

/** The unit's file name. */
export const UNIT_NAME = "caktus@.service";

const CAPABILITIES = ["NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW", "SETPCAP"];

/**
 * The text of the unit.
 *
 * @param program the command that runs caktus, its first word an absolute path
 */
export function unitText(program: readonly string[]): string {
  const caktus = program.map(quoted).join(" ");
  const capabilities = CAPABILITIES.map((name) => `CAP_${name}`).join(" ");
  return `# Written by \`caktus install\`; \`caktus uninstall\` removes it. Change it by: systemctl edit caktus@NAME
[Unit]
Description=WireGuard tunnel %i (caktus)
After=network-online.target nss-lookup.target
Wants=network-online.target nss-lookup.target
AssertPathExists=/etc/wireguard/%i.conf

[Service]
Type=notify
ExecStart=${caktus} up --foreground %i
ExecReload=${caktus} reload %i
ExecStopPost=-/bin/sh -c 'test ! -e /run/caktus/%i.toml || exec "$$@"' sh ${caktus} down %i
Restart=on-failure
RestartSec=5
KillMode=mixed
TimeoutStopSec=30
WatchdogSec=2min
WatchdogSignal=SIGTERM
SyslogIdentifier=caktus
# A hook that needs more: systemctl edit caktus@%i, with CapabilityBoundingSet=CAP_... under [Service]
CapabilityBoundingSet=${capabilities}
NoNewPrivileges=yes
DevicePolicy=closed
DeviceAllow=/dev/net/tun rw
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`;
}

/** A word as systemd reads it (systemd.service(5)): `%` and `$` mean something there. */
function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@%+=:,./-]+$/.test(word)
    ? plain
    : `"${plain.replaceAll(/["\\]/g, "\\$&")}"`;
}
