/**
 * Reads what iperf3, ping and /proc say. Pure: text in, numbers out.
 *
 * @module
 */

/** One run of iperf3. */
export interface Transfer {
  /** Bytes that arrived. */
  bytes: number;
  /** Megabits per second that arrived. */
  megabits: number;
  /** Datagrams that did not arrive, in percent; 0 with TCP. */
  lossPercent: number;
}

/** Reads `iperf3 -J` of a client, TCP or UDP. @throws Error where nothing arrived, or with iperf3's own words */
export function readIperf(text: string): Transfer {
  const report = JSON.parse(text);
  if (report.error) throw new Error(`iperf3: ${report.error}`);
  const { sum, sum_received: received } = report.end;
  const udp = sum?.packets !== undefined;
  const arrived = udp
    ? sum.bytes * (1 - sum.lost_packets / sum.packets)
    : received.bytes;
  const seconds = udp ? sum.seconds : received.seconds;
  if (!(arrived > 0 && seconds > 0)) throw new Error("iperf3: nothing arrived");
  return {
    bytes: arrived,
    megabits: arrived * 8 / seconds / 1e6,
    lossPercent: udp ? 100 * sum.lost_packets / sum.packets : 0,
  };
}

/** The round trips that ping lists, in milliseconds. */
export function readRoundTrips(text: string): number[] {
  return [...text.matchAll(/ time=([\d.]+) ms/g)].map((match) =>
    Number(match[1])
  );
}

/** The average round trip of `ping -q`, in milliseconds. @throws Error where no ping came back */
export function readAverage(text: string): number {
  const match = text.match(/min\/avg\/max\/mdev = [\d.]+\/([\d.]+)\//);
  if (!match) throw new Error(`ping: no answer\n${text}`);
  return Number(match[1]);
}

/** User and system time in /proc/PID/stat, in clock ticks. @throws Error on another text */
export function readTicks(stat: string): number {
  // The second field is the program's name, which may have spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isFinite(ticks)) throw new Error(`not a stat: ${stat}`);
  return ticks;
}

/** A field of /proc/PID/status that is in kB, in megabytes. @throws Error where there is none */
export function readMegabytes(status: string, field: string): number {
  const match = status.match(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m"));
  if (!match) throw new Error(`no ${field}`);
  return Number(match[1]) * 1024 / 1e6;
}
