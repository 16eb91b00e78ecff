/**
 * Two hundred command lines of iptables as people write them into hooks: VPN servers,
 * full tunnels with a kill switch, port forwards, DNS, marks and policy routing,
 * containers, and the rules of a small server around them.
 *
 * They run one after the other in one namespace, so chains are made before they are used.
 *
 * @module
 */

/** A forward and a masquerade: what nearly every server has. */
const SERVER = `
iptables -A FORWARD -i wg0 -j ACCEPT
iptables -A FORWARD -o wg0 -j ACCEPT
iptables -t nat -A POSTROUTING -o ens3 -j MASQUERADE
iptables -A FORWARD -i wg0 -o ens3 -j ACCEPT
iptables -A FORWARD -i ens3 -o wg0 -m state --state RELATED,ESTABLISHED -j ACCEPT
iptables -A FORWARD -i eth0 -o wg0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A FORWARD -o wg0 -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -I FORWARD 1 -i wg0 -j ACCEPT
iptables -I FORWARD -o wg0 -j ACCEPT
iptables -w -A FORWARD -i wg+ -j ACCEPT
iptables -w 5 -t nat -A POSTROUTING -o eth+ -j MASQUERADE
iptables -t nat -A POSTROUTING -s 10.66.66.0/24 -o eth0 -j MASQUERADE
iptables -t nat -A POSTROUTING -s 10.8.0.0/24 ! -d 10.8.0.0/24 -j MASQUERADE
iptables -t nat -I POSTROUTING 1 -s 10.7.0.0/24 -o enp1s0 -j MASQUERADE
iptables -t nat -A POSTROUTING -s 10.0.0.0/16 -o eth0 -m comment --comment wireguard-nat-rule -j MASQUERADE
iptables -A FORWARD -i wg0 -m comment --comment "clients of the VPN" -j ACCEPT
iptables -A INPUT -p udp --dport 51820 -j ACCEPT
iptables -A INPUT -p udp -m udp --dport 51820 -m conntrack --ctstate NEW -j ACCEPT
iptables -I INPUT 1 -i wg0 -j ACCEPT
iptables -I INPUT -p udp -m multiport --dports 51820,51821 -j ACCEPT
iptables -A INPUT -s 10.200.200.0/24 -p udp -m udp --dport 53 -m conntrack --ctstate NEW -j ACCEPT
iptables -A FORWARD -i wg0 -o wg0 -j REJECT
iptables -A FORWARD -i wg0 -o wg0 -j DROP
iptables --append FORWARD --in-interface wg0 --jump ACCEPT
iptables -A FORWARD --source 10.0.0.0/24 --destination 192.168.1.0/24 -j ACCEPT
iptables -t nat -A POSTROUTING -s 192.168.77.0/255.255.255.0 -o eth0 -j SNAT --to-source 203.0.113.7
iptables -t nat -A POSTROUTING -o eth0 -j SNAT --to 203.0.113.7-203.0.113.9 --persistent
iptables -t nat -A POSTROUTING -o eth0 -p udp -j MASQUERADE --to-ports 40000-50000
iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE --random
iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE --random-fully
iptables -t nat -A POSTROUTING ! -o wg0 -s 10.9.0.0/24 -j MASQUERADE
iptables -t nat -A POSTROUTING -m policy --dir out --pol none -o eth0 -j MASQUERADE
`;

/** What a laptop with all its traffic in the tunnel has: nothing leaves beside it. */
const KILL_SWITCH = `
iptables -I OUTPUT ! -o wg0 -m mark ! --mark 51820 -m addrtype ! --dst-type LOCAL -j REJECT
iptables -I OUTPUT ! -o wg0 -m mark ! --mark 0xca6c -m addrtype ! --dst-type LOCAL -j REJECT --reject-with icmp-admin-prohibited
ip6tables -I OUTPUT ! -o wg0 -m mark ! --mark 51820 -m addrtype ! --dst-type LOCAL -j REJECT
iptables -A OUTPUT -o lo -j ACCEPT
iptables -A OUTPUT -d 192.168.0.0/16 -j ACCEPT
iptables -A OUTPUT -d 10.0.0.0/8,172.16.0.0/12 -j ACCEPT
iptables -A OUTPUT ! -d 192.168.1.0/24 ! -o wg0 -j DROP
iptables -A OUTPUT -p udp -d 198.51.100.4 --dport 51820 -j ACCEPT
iptables -A OUTPUT -o eth0 -j REJECT --reject-with icmp-net-unreachable
iptables -A OUTPUT -m owner --uid-owner 1000 -o wg0 -j ACCEPT
iptables -A OUTPUT -m owner --uid-owner root ! -o wg0 -j ACCEPT
iptables -A OUTPUT -m owner --gid-owner 1000-1010 ! -o wg0 -j REJECT
iptables -A OUTPUT ! -o wg0 -m owner ! --uid-owner 0 -j DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT ! -i wg0 -p tcp --syn -j DROP
iptables -A INPUT -p tcp ! --syn -m state --state NEW -j DROP
iptables -A INPUT -m state --state INVALID -j DROP
iptables -P FORWARD DROP
iptables -P INPUT ACCEPT
iptables -A INPUT -f -j DROP
iptables -A OUTPUT -d 224.0.0.251 -p udp --dport 5353 -j ACCEPT
iptables -A OUTPUT -p udp --sport 68 --dport 67 -j ACCEPT
iptables -A OUTPUT -m pkttype --pkt-type multicast -j DROP
iptables -A INPUT -m addrtype --dst-type BROADCAST,MULTICAST -j ACCEPT
`;

/** Ports of the server that lead to a machine behind the tunnel. */
const PORT_FORWARDS = `
iptables -t nat -A PREROUTING -p tcp --dport 2222 -j DNAT --to-destination 10.0.0.2:22
iptables -t nat -A PREROUTING -i ens3 -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.0.0.2:8443
iptables -t nat -A PREROUTING -i ens3 -p tcp -m multiport --dports 80,443 -j DNAT --to-destination 10.0.0.2
iptables -t nat -A PREROUTING -i eth0 -p udp --dport 27000:27050 -j DNAT --to-destination 10.0.0.3
iptables -t nat -A PREROUTING -i eth0 -p udp --dport 5000:5010 -j DNAT --to-destination 10.0.0.3:6000-6010
iptables -t nat -A PREROUTING -d 203.0.113.7/32 -p tcp --dport 25565 -j DNAT --to 10.0.0.4:25565
iptables -t nat -A PREROUTING -i eth0 -p tcp -m tcp ! --dport 22 -j DNAT --to-destination 10.0.0.5
iptables -t nat -A PREROUTING -i eth0 -p tcp -m multiport ! --dports 22,51820 -j DNAT --to-destination 10.0.0.5
iptables -t nat -A PREROUTING -i eth0 -p tcp -m conntrack --ctstate NEW --dport 8080 -j DNAT --to-destination 10.0.0.2-10.0.0.4
iptables -t nat -A POSTROUTING -o wg0 -p tcp --dport 80 -d 10.0.0.2 -j SNAT --to-source 10.0.0.1
iptables -t nat -A POSTROUTING -o wg0 -j MASQUERADE
iptables -A FORWARD -i ens3 -o wg0 -p tcp --syn --dport 80 -m conntrack --ctstate NEW -j ACCEPT
iptables -A FORWARD -p tcp -d 10.0.0.2 --dport 22 -m state --state NEW,ESTABLISHED,RELATED -j ACCEPT
iptables -A FORWARD -p tcp --dport https -j ACCEPT
iptables -A FORWARD -p udp --dport domain -j ACCEPT
iptables -t nat -A PREROUTING -i wg0 -p udp --dport 53 -j REDIRECT --to-ports 5353
iptables -t nat -A PREROUTING -i wg0 -p tcp --dport 80 -j REDIRECT --to-port 3128
iptables -t nat -A OUTPUT -o lo -p tcp --dport 8888 -j REDIRECT --to-ports 8889
iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -p tcp --dport 9000 -j DNAT --to-destination 10.0.0.9:9000
iptables -t nat -A PREROUTING -d 10.10.0.0/24 -j NETMAP --to 192.168.1.0/24
iptables -t nat -A POSTROUTING -s 192.168.1.0/24 -o wg0 -j NETMAP --to 10.10.0.0/24
iptables -t nat -A PREROUTING -s 198.51.100.0/24 -p tcp --dport 3389 -j DNAT --to-destination 10.0.0.6:3389 --random
iptables -t nat -A POSTROUTING -s 10.0.0.2 -d 10.0.0.2 -p tcp -m tcp --dport 443 -j MASQUERADE
iptables -A FORWARD -m conntrack --ctstate DNAT -j ACCEPT
iptables -A FORWARD -m conntrack --ctstatus ASSURED --ctstate ESTABLISHED -j ACCEPT
iptables -A FORWARD -m conntrack --ctorigdst 203.0.113.7 --ctdir ORIGINAL -j ACCEPT
iptables -A FORWARD -m conntrack --ctorigdstport 8443 --ctproto tcp -j ACCEPT
iptables -t raw -A PREROUTING -i eth0 -p udp --dport 51820 -j CT --notrack
iptables -t raw -A OUTPUT -p udp --sport 51820 -j NOTRACK
iptables -t raw -A PREROUTING ! -i wg0 -d 10.0.0.1/32 -m addrtype ! --src-type LOCAL -j DROP
`;

/** Resolvers that clients must use. */
const DNS = `
iptables -t nat -A PREROUTING -i wg0 -p udp --dport 53 -j DNAT --to-destination 10.0.0.1
iptables -t nat -A PREROUTING -i wg0 -p tcp --dport 53 -j DNAT --to-destination 10.0.0.1:53
iptables -t nat -I PREROUTING -i wg0 -p udp ! -d 10.0.0.1 --dport 53 -j DNAT --to 10.0.0.1
iptables -A INPUT -i wg0 -p udp -m udp --dport 53 -j ACCEPT
iptables -A INPUT -i wg0 -p tcp -m tcp --dport 53 -j ACCEPT
iptables -A INPUT ! -i wg0 -p udp -m udp --dport 53 -j DROP
iptables -A FORWARD -i wg0 -d 10.2.0.100 -p tcp --dport 853 -j REJECT --reject-with tcp-reset
iptables -A FORWARD -i wg0 -p udp -m multiport --dports 53,853 -d 8.8.8.8,8.8.4.4 -j REJECT
iptables -A INPUT -m iprange --src-range 10.0.0.2-10.0.0.20 -p udp --dport 53 -j ACCEPT
iptables -A FORWARD -m iprange ! --dst-range 192.168.1.10-192.168.1.20 -i wg0 -j DROP
`;

/** Segments that fit, and marks for policy routing. */
const MANGLE = `
iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
iptables -t mangle -A FORWARD -o wg0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1360
iptables -A FORWARD -i wg0 -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
iptables -t mangle -A POSTROUTING -p tcp --tcp-flags SYN,RST SYN -o wg0 -j TCPMSS --clamp-mss-to-pmtu
iptables -t mangle -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -m tcpmss --mss 1361:1536 -j TCPMSS --set-mss 1360
iptables -t mangle -A FORWARD -p tcp --syn -m tcpmss ! --mss 1360 -j TCPMSS --set-mss 1360
iptables -t mangle -A PREROUTING -i wg0 -j MARK --set-mark 0x30
iptables -t mangle -A PREROUTING -i wg0 -j MARK --set-xmark 0x1/0xff
iptables -t mangle -A PREROUTING -p tcp --dport 443 -j MARK --or-mark 0x10
iptables -t mangle -A PREROUTING -p tcp --dport 80 -j MARK --and-mark 0xfffffff0
iptables -t mangle -A OUTPUT -m owner --uid-owner 1001 -j MARK --set-mark 51
iptables -t mangle -A PREROUTING -i wg0 -m state --state NEW -j CONNMARK --set-mark 1
iptables -t mangle -A PREROUTING -i eth0 -m conntrack --ctstate NEW -j CONNMARK --set-mark 0x2/0xff
iptables -t mangle -A PREROUTING -j CONNMARK --restore-mark
iptables -t mangle -A OUTPUT -j CONNMARK --restore-mark --mask 0xff
iptables -t mangle -A POSTROUTING -m mark --mark 0x30 -j CONNMARK --save-mark
iptables -t mangle -A POSTROUTING -p udp -m mark --mark 0xca6c -j CONNMARK --save-mark
iptables -t mangle -A PREROUTING -p udp -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff
iptables -t mangle -A PREROUTING -m connmark --mark 1 -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -m connmark ! --mark 0x1/0xff -j RETURN
iptables -t nat -A POSTROUTING -m mark --mark 0x10/0xf0 -o eth0 -j MASQUERADE
iptables -A FORWARD -m mark ! --mark 0x1 -i wg0 -j DROP
iptables -t mangle -A PREROUTING -j TTL --ttl-set 65
iptables -t mangle -A POSTROUTING -o usb0 -j TTL --ttl-inc 1
iptables -t mangle -A POSTROUTING -o wg0 -j DSCP --set-dscp-class EF
iptables -t mangle -A POSTROUTING -o eth0 -p tcp --sport 22 -j CLASSIFY --set-class 1:10
iptables -t mangle -A POSTROUTING -p udp --dport 68 -j CHECKSUM --checksum-fill
iptables -t raw -A PREROUTING -m rpfilter --invert -j DROP
iptables -t raw -A PREROUTING -m rpfilter --loose --validmark --invert -j DROP
`;

/** Chains of one's own, as scripts and containers make them. */
const CHAINS = `
iptables -N WIREGUARD
iptables -A FORWARD -j WIREGUARD
iptables -A WIREGUARD -i wg0 -j ACCEPT
iptables -N WIREGUARD-PEERS
iptables -A WIREGUARD -s 10.0.0.0/24 -d 10.0.0.0/24 -g WIREGUARD-PEERS
iptables -A WIREGUARD-PEERS -s 10.0.0.2 -j RETURN
iptables -A WIREGUARD-PEERS -m limit --limit 3/min --limit-burst 5 -j LOG --log-prefix "wg drop: " --log-level 4
iptables -A WIREGUARD-PEERS -j DROP
iptables -N DOCKER-USER
iptables -I DOCKER-USER -i wg0 -o docker0 -j ACCEPT
iptables -I DOCKER-USER 1 -i eth0 ! -s 10.0.0.0/24 -j DROP
iptables -t nat -N WG_POST
iptables -t nat -A POSTROUTING -j WG_POST
iptables -t nat -A WG_POST -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
iptables -N f2b-sshd
iptables -A f2b-sshd -s 198.51.100.99/32 -j REJECT --reject-with icmp-port-unreachable
iptables -I INPUT -p tcp -m multiport --dports ssh -j f2b-sshd
iptables -E f2b-sshd fail2ban-ssh
iptables -t mangle -N VPN-MARK
iptables -t mangle -A VPN-MARK -m mark --mark 0x0/0xff -j MARK --set-mark 0x1/0xff
iptables -t mangle -I PREROUTING 2 -i br0 -j VPN-MARK
`;

/** The rest of a small server's firewall. */
const SERVER_RULES = `
iptables -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
iptables -A INPUT -p tcp -m tcp --dport 22 -m recent --set --name SSH
iptables -A INPUT -p tcp -m tcp --dport 22 -m recent --update --seconds 60 --hitcount 4 --name SSH -j DROP
iptables -A INPUT -p tcp --syn --dport 80 -m connlimit --connlimit-above 50 -j REJECT
iptables -A INPUT -p tcp --dport 80 -m connlimit --connlimit-above 20 --connlimit-mask 24 -j DROP
iptables -A INPUT -p icmp --icmp-type echo-request -j ACCEPT
iptables -A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 1/second -j ACCEPT
iptables -A INPUT -p icmp --icmp-type 3/4 -j ACCEPT
iptables -A INPUT -p icmp ! --icmp-type redirect -j ACCEPT
iptables -A INPUT -p all -m limit --limit 10/hour -j LOG --log-prefix 'input denied ' --log-level debug --log-uid
iptables -A INPUT -j LOG --log-tcp-options --log-ip-options
iptables -A INPUT -m mac --mac-source 00:11:22:AA:bb:cc -j ACCEPT
iptables -A INPUT -p gre -j ACCEPT
iptables -A INPUT -p 50 -j ACCEPT
iptables -A INPUT -p igmp -d 224.0.0.0/4 -j ACCEPT
iptables -A INPUT ! -p icmp -j ACCEPT
iptables -A INPUT -p tcp --tcp-flags ALL NONE -j DROP
iptables -A INPUT -p tcp --tcp-flags ALL FIN,URG,PSH -j DROP
iptables -A INPUT -p tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT
iptables -A INPUT -p tcp --sport 1024:65535 --dport 22 -j ACCEPT
iptables -A INPUT -p tcp --sport :1023 --dport 8000: -j DROP
iptables -A INPUT -p udp -m length --length 0:28 -j DROP
iptables -A INPUT -m ttl --ttl-lt 2 -j DROP
iptables -A INPUT -m statistic --mode random --probability 0.01 -j DROP
iptables -A INPUT -m statistic --mode nth --every 3 --packet 0 -j ACCEPT
iptables -A INPUT -i br0 -m physdev --physdev-in tap+ -j ACCEPT
iptables -A INPUT -p tcp --dport 80 -m string --string evil --algo bm -j DROP
iptables -A INPUT -m hashlimit --hashlimit-upto 5/min --hashlimit-name x -j ACCEPT
iptables -A INPUT -m time --timestart 08:00 --timestop 18:00 -j ACCEPT
iptables -A INPUT -j REJECT --reject-with icmp-host-prohibited
iptables -t nat -A POSTROUTING -s 10.0.0.0/8 -d 10/8 -j ACCEPT
iptables -R FORWARD 1 -i wg0 -o eth0 -j ACCEPT
iptables -D FORWARD 2
iptables -D INPUT -i wg0 -p tcp -m tcp --dport 53 -j ACCEPT
`;

/** The same for IPv6. */
const IPV6 = `
ip6tables -A FORWARD -i wg0 -j ACCEPT
ip6tables -A FORWARD -o wg0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
ip6tables -t nat -A POSTROUTING -s fd42:42:42::/64 -o eth0 -j MASQUERADE
ip6tables -t nat -A POSTROUTING -s fd00:1:2::/48 -o eth0 -j SNAT --to-source 2001:db8::7
ip6tables -t nat -A PREROUTING -i eth0 -p tcp --dport 443 -j DNAT --to-destination fd00::2
ip6tables -t nat -A PREROUTING -i eth0 -p tcp --dport 80 -j DNAT --to-destination [fd00::2]:8080
ip6tables -t nat -A PREROUTING -i wg0 -p udp --dport 53 -j REDIRECT --to-ports 5353
ip6tables -t nat -A PREROUTING -d 2001:db8:1::/64 -j NETMAP --to fd00:1::/64
ip6tables -A INPUT -p ipv6-icmp -j ACCEPT
ip6tables -A INPUT -p icmpv6 --icmpv6-type echo-request -j ACCEPT
ip6tables -A INPUT -p icmpv6 --icmpv6-type neighbour-solicitation -m hl --hl-eq 255 -j ACCEPT
ip6tables -A INPUT -s fe80::/10 -p udp --dport 546 -j ACCEPT
ip6tables -A INPUT -j REJECT --reject-with icmp6-adm-prohibited
ip6tables -A OUTPUT ! -o wg0 ! -d fd00::/8 -j REJECT
ip6tables -P INPUT DROP
ip6tables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
ip6tables -t raw -A PREROUTING ! -i wg0 -d fd00::1 -m addrtype ! --src-type LOCAL -j DROP
ip6tables -A FORWARD -p tcp -m multiport --dports 80,443 -d fd00::2/128 -j ACCEPT
ip6tables -A FORWARD ! -p tcp -d 2001:db8::/61 -j DROP
`;

/** All of them, in their order. */
export const LINES: readonly string[] = [
  SERVER,
  KILL_SWITCH,
  PORT_FORWARDS,
  DNS,
  MANGLE,
  CHAINS,
  SERVER_RULES,
  IPV6,
].flatMap((text) => text.trim().split("\n"));

/** The words of a line, quotes taken off as a shell does. */
export function wordsOf(line: string): string[] {
  return Array.from(
    line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g),
    ([, double, single, plain]) => double ?? single ?? plain ?? "",
  );
}
