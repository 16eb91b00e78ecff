/**
 * Caktus's daemon on a machine whose kernel has no IPv6, or acts so: every
 * socket of that family fails with EAFNOSUPPORT.
 *
 * @module
 */

import { EAFNOSUPPORT } from "../../ffi/errno.ts";
import { AF_INET6 } from "../../ffi/socket_address.ts";
import { runDaemon } from "../../src/driver/daemon.ts";
import { refuseSockets } from "../ffi/refuse_sockets.ts";

refuseSockets(0, AF_INET6, EAFNOSUPPORT);
Deno.exit(await runDaemon(Deno.args[0] ?? "wg0"));
