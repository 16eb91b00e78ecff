/** A TUN device without virtio-net headers, as other programs open them, carries packets too. */

import { match, strictEqual } from "node:assert";
import { rootTest } from "../ffi/namespace.ts";
import { DENO } from "../program.ts";
import { CAKTUS, Sandbox } from "../quick/sandbox.ts";

const PLAIN = `${DENO.join(" ")} ${import.meta.dirname}/plain_tun.ts`;

/** `pa` here has no headers, `pb` behind the cable has. */
const SCRIPT = `
set -e
ip netns add b; ip link set other netns b
b() { ip netns exec b "$@"; }
b ip link set lo up; b ip address add 192.0.2.1/24 dev other; b ip link set other up
b ${CAKTUS} wireguard-go pb
${PLAIN} pa ${CAKTUS} wireguard-go other
for end in a b; do wg genkey > /run/$end; wg pubkey < /run/$end > /run/$end.pub; done
wg set pa private-key /run/a peer $(cat /run/b.pub) endpoint 192.0.2.1:7 allowed-ips 10.9.0.2/32,fd09::2/128
wg set pb private-key /run/b listen-port 7 peer $(cat /run/a.pub) allowed-ips 10.9.0.1/32,fd09::1/128
ip address add 10.9.0.1/24 dev pa; ip address add fd09::1/64 dev pa nodad; ip link set pa up
b ip address add 10.9.0.2/24 dev pb; b ip address add fd09::2/64 dev pb nodad; b ip link set pb up
ping -c 2 -i 0.2 -W 2 10.9.0.2 | grep received
ping -c 2 -i 0.2 -W 2 -s 1300 fd09::2 | grep received
head -c 3000000 /dev/urandom > /run/sent
for to in 10.9.0.2 [fd09::2]; do
  b timeout 10 socat -u TCP-LISTEN:9,reuseaddr,pf=ip6 CREATE:/run/got & sleep 0.2
  timeout 10 socat -u FILE:/run/sent TCP:$to:9; wait $!
  cmp /run/sent /run/got && echo same there
  rm /run/got
done
b timeout 10 socat -u FILE:/run/sent TCP-LISTEN:9 & sleep 0.2
timeout 10 socat -u TCP:10.9.0.2:9 CREATE:/run/got
cmp /run/sent /run/got && echo same here
`;

rootTest(
  "WG_TUN_FD without virtio-net headers: packets and streams pass, both ways",
  async () => {
    await using box = await Sandbox.create();
    const { status, stdout, stderr } = await box.run(SCRIPT);
    strictEqual(status, 0, stdout + stderr);
    match(
      stdout,
      /^(2 packets .* 2 received.*\n){2}(same there\n){2}same here\n$/,
    );
  },
);
