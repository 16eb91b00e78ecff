/**
 * The table of src/device/timers.ts, read from its own text: each row is an
 * event, each cell what it does to one deadline (whitepaper §6).
 *
 * @module
 */

import { deepStrictEqual, ok, strictEqual } from "node:assert";
import { type Timer, Timers } from "../../src/device/timers.ts";

const INTERVAL = 25_000;
/** When every timer is made to run, and when the event then happens. */
const BEFORE = 0, NOW = 3_000;

/** The events, as the device calls them. */
const EVENTS: Record<string, (timers: Timers, now: number) => void> = {
  started: (timers, now) => timers.started(now),
  persistentStopped: (timers) => timers.persistentStopped(),
  keepalivePutOff: (timers, now) => timers.keepalivePutOff(now),
  initiationSent: (timers, now) => timers.initiationSent(now, false),
  initiationLost: (timers, now) => timers.initiationLost(now),
  handshakeComplete: (timers) => timers.handshakeComplete(),
  gaveUp: (timers, now) => timers.gaveUp(now),
  sessionDerived: (timers, now) => timers.sessionDerived(now),
  dataSent: (timers, now) => timers.dataSent(now),
  dataReceived: (timers, now) => timers.dataReceived(now),
  authenticatedSent: (timers, now) => timers.authenticatedSent(now),
  authenticatedReceived: (timers, now) => timers.authenticatedReceived(now),
  stopped: (timers) => timers.stopped(),
};
const QUESTIONS = ["constructor", "next", "take", "mayRetry", "awaitsResponse"];

type Deadlines = Partial<Record<Timer, number>>;
/** A row's cells by the timers of its columns. */
type Row = { event: string; cells: [Timer, string][] };

function readTable(): Row[] {
  const file = new URL("../../src/device/timers.ts", import.meta.url);
  const lines = Deno.readTextFileSync(file).split("\n")
    .filter((line) => line.startsWith(" * ") && line.includes("|"))
    .map((line) => line.slice(3).split("|").map((cell) => cell.trim()));
  const [head, , ...rows] = lines;
  const columns = head!.slice(1) as Timer[];
  return rows.map(([name, ...cells]) => ({
    event: name!.split(" ")[0]!,
    cells: columns.map((timer, i) => [timer, cells[i]!]),
  }));
}

function create(random = 0, interval = INTERVAL): Timers {
  const timers = new Timers(() => random, { at: Infinity });
  timers.persistentInterval = interval;
  return timers;
}

/** Timers whose five deadlines all run since {@linkcode BEFORE}. */
function createRunning(): Timers {
  const timers = create();
  timers.authenticatedSent(BEFORE);
  timers.sessionDerived(BEFORE);
  timers.dataSent(BEFORE);
  timers.dataReceived(BEFORE);
  timers.initiationSent(BEFORE, false);
  return timers;
}

const RUNNING: Deadlines = {
  retransmit: 5_000,
  keepalive: 10_000,
  newHandshake: 15_000,
  zeroKeys: 540_000,
  persistent: 25_000,
};

/** All deadlines; takes them. */
function drain(timers: Timers): Deadlines {
  const deadlines: Deadlines = {};
  for (let at = timers.next(); at < Infinity; at = timers.next()) {
    deadlines[timers.take(at)!] = at;
  }
  return deadlines;
}

/** What a cell makes of a deadline that was `before`. */
function expected(cell: string, before: number | undefined, jitter: number) {
  if (cell === "") return before;
  if (cell === "stop") return undefined;
  if (cell.endsWith("?") && before !== undefined) return before;
  if (cell === "at once") return NOW;
  if (cell === "interval") return NOW + INTERVAL;
  const seconds = /^(\d+) s( \+ j)?( \?)?$/.exec(cell);
  ok(seconds, `a cell that says nothing known: ${cell}`);
  const delay = Number(seconds[1]) * 1_000;
  return NOW + delay + (seconds[2] === undefined ? 0 : jitter);
}

function expectedRow(row: Row, before: Deadlines, jitter: number): Deadlines {
  const after = row.cells.map(([timer, cell]) =>
    [timer, expected(cell, before[timer], jitter)] as const
  );
  return Object.fromEntries(after.filter(([, at]) => at !== undefined));
}

Deno.test("the table of timers.ts has a row for every event, and no other", () => {
  const events = readTable().map(({ event }) => event);
  const methods = Object.getOwnPropertyNames(Timers.prototype)
    .filter((name) => !QUESTIONS.includes(name));
  deepStrictEqual(events.toSorted(), Object.keys(EVENTS).toSorted());
  deepStrictEqual(events.toSorted(), methods.toSorted());
  deepStrictEqual(drain(createRunning()), RUNNING);
});

for (const row of readTable()) {
  const event = EVENTS[row.event] ?? (() => {});
  Deno.test(`${row.event}() sets stopped deadlines as the table says`, () => {
    for (const [random, jitter] of [[0, 0], [0.5, 167], [0.999999, 333]]) {
      const timers = create(random);
      event(timers, NOW);
      deepStrictEqual(drain(timers), expectedRow(row, {}, jitter!));
    }
  });

  Deno.test(`${row.event}() moves running deadlines as the table says`, () => {
    const timers = createRunning();
    event(timers, NOW);
    deepStrictEqual(drain(timers), expectedRow(row, RUNNING, 0));
  });

  Deno.test(`${row.event}() sets no persistent keepalive that is off`, () => {
    const timers = create(0, 0);
    event(timers, NOW);
    strictEqual(drain(timers).persistent, undefined);
  });
}

Deno.test("started() makes a peer behind NAT speak at once (§6.5)", () => {
  const timers = create(0, 0);
  timers.started(1_000);
  strictEqual(timers.next(), Infinity);
  timers.persistentInterval = 25_000;
  timers.started(1_000);
  strictEqual(timers.take(999), undefined);
  strictEqual(timers.take(1_000), "persistent");
});

Deno.test("dataReceived() leaves a running keepalive alone", () => {
  const timers = create();
  timers.dataReceived(0);
  timers.dataReceived(9_000);
  strictEqual(timers.next(), 10_000);
});

Deno.test("mayRetry() lets 20 initiations go unanswered, and as many after giving up (§6.4)", () => {
  const timers = create();
  for (let round = 0; round < 2; round++) {
    let sent = 1;
    timers.initiationSent(0, false);
    while (timers.mayRetry()) {
      timers.initiationSent(sent * 5_000, true);
      sent++;
    }
    strictEqual(sent, 20);
    timers.gaveUp(100_000);
  }
  strictEqual(timers.next(), 640_000);
});

Deno.test("handshakeComplete() begins the count of retries anew", () => {
  const timers = create();
  timers.initiationSent(0, false);
  while (timers.mayRetry()) timers.initiationSent(0, true);
  timers.handshakeComplete();
  ok(timers.mayRetry());
  strictEqual(timers.awaitsResponse(), false);
});

Deno.test("the alarm is never later than any deadline", () => {
  const alarm = { at: Infinity };
  const first = new Timers(() => 0, alarm), second = new Timers(() => 0, alarm);
  first.sessionDerived(0);
  strictEqual(alarm.at, 540_000);
  second.dataReceived(1_000);
  strictEqual(alarm.at, 11_000);
  first.dataSent(0);
  strictEqual(alarm.at, 11_000);
  ok(alarm.at <= Math.min(first.next(), second.next()));
});
