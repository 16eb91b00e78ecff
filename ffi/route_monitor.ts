/**
 * Hearing of changes to links, addresses and routes (rtnetlink(7)).
 *
 * A change says only "look again": many may come as one, and under load some
 * are lost.
 *
 * @module
 */

import { decodeLink, type Link } from "./link.ts";
import { NETLINK_ROUTE, NetlinkListener } from "./netlink.ts";

/** Multicast groups, as bits: LINK, IPV4_IFADDR, IPV4_ROUTE, IPV6_IFADDR, IPV6_ROUTE. */
const GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;

/** A link as it is after a change. */
export interface LinkEvent extends Link {
  readonly deleted: boolean;
}

/** What happened since the last look. */
export interface Changes {
  /** In their order; a link may stand here more than once. */
  links: LinkEvent[];
  addresses: boolean;
  routes: boolean;
  /** Changes were lost: look at everything, links too. */
  lost: boolean;
}

/** A listener for changes of this machine's network. */
export class RouteMonitor implements Disposable {
  #listener = new NetlinkListener(NETLINK_ROUTE, GROUPS);

  /** For poll. */
  get fd(): number {
    return this.#listener.fd;
  }

  /** What happened since the last look; never waits. */
  drain(): Changes {
    const changes: Changes = {
      links: [],
      addresses: false,
      routes: false,
      lost: false,
    };
    changes.lost = this.#listener.drain(({ type, body }) => {
      if (type === RTM_NEWLINK || type === RTM_DELLINK) {
        const deleted = type === RTM_DELLINK;
        changes.links.push({ ...decodeLink(body), deleted });
      } else if (type === RTM_NEWADDR || type === RTM_DELADDR) {
        changes.addresses = true;
      } else if (type === RTM_NEWROUTE || type === RTM_DELROUTE) {
        changes.routes = true;
      }
    });
    if (changes.lost) changes.addresses = changes.routes = true;
    return changes;
  }

  [Symbol.dispose](): void {
    this.#listener[Symbol.dispose]();
  }
}
