import assert from "node:assert/strict";
import {
  readAverage,
  readIperf,
  readMegabytes,
  readRoundTrips,
  readTicks,
} from "./readings.ts";

Deno.test("readIperf() takes what a TCP receiver got", () => {
  const report = {
    end: {
      sum_sent: { bytes: 9e9, seconds: 4 },
      sum_received: { bytes: 1e9, seconds: 4 },
    },
  };
  assert.deepEqual(readIperf(JSON.stringify(report)), {
    bytes: 1e9,
    megabits: 2000,
    lossPercent: 0,
  });
});

Deno.test("readIperf() takes lost datagrams off what a UDP sender sent", () => {
  const sum = { bytes: 1e6, seconds: 1, packets: 1000, lost_packets: 250 };
  const { bytes, megabits, lossPercent } = readIperf(
    JSON.stringify({ end: { sum } }),
  );
  assert.deepEqual([bytes, megabits, lossPercent], [750_000, 6, 25]);
});

Deno.test("readIperf() passes on iperf3's own words, and knows that nothing arrived", () => {
  assert.throws(
    () => readIperf('{"end": {}, "error": "unable to connect"}'),
    /unable to connect/,
  );
  const sum = { bytes: 1e6, seconds: 1, packets: 10, lost_packets: 10 };
  assert.throws(
    () => readIperf(JSON.stringify({ end: { sum } })),
    /nothing arrived/,
  );
});

Deno.test("readRoundTrips() and readAverage() read ping", () => {
  const text = `64 bytes from 10.66.0.2: icmp_seq=1 ttl=64 time=0.512 ms
64 bytes from 10.66.0.2: icmp_seq=2 ttl=64 time=12 ms

rtt min/avg/max/mdev = 0.512/6.256/12.000/5.7 ms, ipg/ewma 0.3/0.2 ms`;
  assert.deepEqual(readRoundTrips(text), [0.512, 12]);
  assert.equal(readAverage(text), 6.256);
  assert.throws(() => readAverage("2 packets transmitted, 0 received"));
});

Deno.test("readTicks() is not led astray by a program's name", () => {
  const rest = "S 1 1 1 0 -1 4194560 5 0 0 0 70 30 0 0 20 0 9 0 12";
  assert.equal(readTicks(`7 (a) b (c) ${rest}`), 100);
  assert.throws(() => readTicks("nothing"));
});

Deno.test("readMegabytes() reads one field", () => {
  const status = "VmHWM:\t  200000 kB\nVmRSS:\t  125000 kB\n";
  assert.equal(readMegabytes(status, "VmRSS"), 128);
  assert.throws(() => readMegabytes(status, "VmSwap"), /no VmSwap/);
});
