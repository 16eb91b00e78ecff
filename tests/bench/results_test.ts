import assert from "node:assert/strict";
import { Book, merge, noResults, parseResults } from "./results.ts";

const WHERE = { section: "s", round: 1, implementation: "caktus" };

/** Runs `body` with the path of a file that is not there. */
function withPath(body: (path: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    body(`${folder}/results.json`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("Book.add() has everything on the disk at once", () => {
  withPath((path) => {
    const book = new Book(path, noResults(["a machine"], "a command"));
    book.add(WHERE, { tcp1: 3000, cpu: 4 });
    book.fail("udp: no");
    const read = parseResults(Deno.readTextFileSync(path), path);
    assert.deepEqual(read, {
      machine: ["a machine"],
      commands: ["a command"],
      samples: [
        { ...WHERE, measure: "tcp1", value: 3000 },
        { ...WHERE, measure: "cpu", value: 4 },
      ],
      failures: ["udp: no"],
    });
  });
});

Deno.test("Book.resume() goes on with what is there, and knows what is missing", () => {
  withPath((path) => {
    new Book(path, noResults(["then"], "first")).add(WHERE, {
      tcp1: 3000,
      cpu: 4,
    });
    const book = Book.resume(path, noResults(["now"], "second"));
    assert.ok(book.has(WHERE, ["tcp1", "cpu"]));
    assert.ok(!book.has(WHERE, ["tcp1", "udp100"]));
    assert.ok(!book.has({ ...WHERE, round: 2 }, ["tcp1"]));
    assert.ok(!book.has({ ...WHERE, section: "t" }, ["tcp1"]));
    assert.ok(!book.has({ ...WHERE, implementation: "other" }, ["tcp1"]));
    assert.deepEqual(book.results.commands, ["first", "second"]);
    assert.deepEqual(book.results.machine, ["then", "now"]);
  });
});

Deno.test("Book.resume() begins anew without a file, and refuses another one", () => {
  withPath((path) => {
    assert.deepEqual(
      Book.resume(path, noResults(["m"], "c")).results,
      noResults(["m"], "c"),
    );
    Deno.writeTextFileSync(path, '{"accounts": []}');
    assert.throws(() => Book.resume(path, noResults([], "")), /not results/);
  });
});

Deno.test("merge() keeps every sample and gives later runs later rounds", () => {
  const run = (command: string, rounds: number[]) => ({
    ...noResults(["a machine", command], command),
    samples: rounds.map((round) => ({
      ...{ ...WHERE, round },
      ...{ measure: "tcp1", value: round * 10 },
    })),
  });
  const merged = merge([run("one", [1, 2]), run("two", [1, 2, 3])]);
  assert.deepEqual(
    merged.samples.map(({ round, value }) => [round, value]),
    [[1, 10], [2, 20], [3, 10], [4, 20], [5, 30]],
  );
  assert.deepEqual(merged.commands, ["one", "two"]);
  assert.deepEqual(merged.machine, ["a machine", "one", "two"]);
  assert.throws(() => merge([]), RangeError);
});
