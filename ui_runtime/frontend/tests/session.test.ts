import { expect, test } from "vitest";

import { DEAD_AFTER_MS, PING_AFTER_MS, SessionCore, type Command } from "../src/lib/session.ts";

const frames = (commands: Command[]) =>
  commands.flatMap((command) => (command.do === "send" ? [JSON.parse(command.frame)] : []));
const kinds = (commands: Command[]) => commands.map((command) => command.do);

function welcome(core: SessionCore, resumed = false, session = "s1") {
  return core.received(JSON.stringify({ type: "welcome", session, resumed, seq: 0 }), 0);
}

function ready(): SessionCore {
  const core = new SessionCore(() => 1);
  core.start();
  core.opened(0);
  welcome(core);
  return core;
}

test("a session starts with an empty hello and is ready once welcomed", () => {
  const core = new SessionCore();
  expect(kinds(core.start())).toEqual(["phase", "connect"]);
  expect(frames(core.opened(0))).toEqual([{ type: "hello" }]);
  welcome(core);
  expect(core.phase).toBe("ready");
});

test("a run asked for before the welcome is sent after it", () => {
  const core = new SessionCore();
  core.start();
  const [job, commands] = core.run(3, ["World"]);
  expect(commands).toEqual([]);
  core.opened(0);
  expect(frames(welcome(core))).toEqual([{ type: "run", job, fn: 3, data: ["World"] }]);
});

test("a lost connection is taken up with the session and the last seq seen", () => {
  const core = ready();
  core.run(0, []);
  core.received(JSON.stringify({ type: "started", job: 1, seq: 7 }), 0);
  core.lost();
  core.retry();
  expect(frames(core.opened(0))).toEqual([{ type: "hello", session: "s1", seen: 7 }]);
});

test("a message that was already seen is not delivered twice", () => {
  const core = ready();
  core.run(0, []);
  const started = JSON.stringify({ type: "started", job: 1, seq: 4 });
  expect(kinds(core.received(started, 0))).toEqual(["deliver"]);
  expect(core.received(started, 0)).toEqual([]);
});

test("after a resume only runs that were never acknowledged are sent again", () => {
  const core = ready();
  core.run(0, ["heard"]);
  core.run(0, ["unheard"]);
  core.received(JSON.stringify({ type: "started", job: 1, seq: 1 }), 0);
  core.lost();
  core.retry();
  core.opened(0);
  expect(frames(welcome(core, true)).map((run) => run.data)).toEqual([["unheard"]]);
});

test("when the app forgot the session, jobs it had been sent are lost and later ones still run", () => {
  const core = ready();
  core.run(0, ["before"]);
  core.lost();
  core.run(0, ["meanwhile"]);
  core.retry();
  core.opened(0);
  const commands = welcome(core, false, "s2");
  expect(commands).toContainEqual({ do: "job-lost", job: 1 });
  expect(frames(commands).map((run) => run.data)).toEqual([["meanwhile"]]);
  expect(kinds(core.received(JSON.stringify({ type: "done", job: 2, changes: [], seconds: 0, seq: 1 }), 0))).toEqual([
    "deliver",
  ]);
});

test("retries wait longer each time, up to a bound, and start short again after a welcome", () => {
  const core = ready();
  const waits = Array.from({ length: 9 }, () => {
    const later = core.lost().find((command) => command.do === "connect-later");
    core.retry();
    return later?.ms ?? 0;
  });
  expect(waits.slice(0, 3)).toEqual([300, 600, 1200]);
  expect(waits.at(-1)).toBe(15_000);
  core.opened(0);
  welcome(core, true);
  expect(core.lost()).toContainEqual({ do: "connect-later", ms: 300 });
});

test("silence is answered by one ping, and a longer one by a new connection", () => {
  const core = ready();
  expect(core.tick(PING_AFTER_MS - 1)).toEqual([]);
  expect(frames(core.tick(PING_AFTER_MS))).toEqual([{ type: "ping", seen: 0 }]);
  expect(core.tick(PING_AFTER_MS + 1)).toEqual([]);
  expect(kinds(core.tick(DEAD_AFTER_MS))).toEqual(["drop", "phase", "connect-later"]);
});

test("an ended session never connects again", () => {
  const core = ready();
  core.end();
  expect(core.lost()).toEqual([]);
  expect(core.retry()).toEqual([]);
});

test("a frame that is no message, or about a job of nobody, is ignored", () => {
  const core = ready();
  expect(core.received("not json", 0)).toEqual([]);
  expect(core.received("[]", 0)).toEqual([]);
  expect(core.received(JSON.stringify({ type: "done", job: 99, changes: [], seconds: 0, seq: 1 }), 0)).toEqual([]);
});

test("cancelling a run that was not sent yet forgets it; a sent one is cancelled by message", () => {
  const core = ready();
  const [sent] = core.run(0, []);
  expect(frames(core.cancel(sent))).toEqual([{ type: "cancel", job: sent }]);
  core.lost();
  const [unsent] = core.run(0, []);
  core.cancel(unsent);
  core.retry();
  core.opened(0);
  expect(frames(welcome(core, true)).map((message) => message.job)).toEqual([sent]);
});

test("after a hundred messages the app is told how far the page has read", () => {
  const core = ready();
  core.run(0, []);
  const step = (seq: number) => core.received(JSON.stringify({ type: "data", job: 1, changes: [], seq }), 0);
  for (let seq = 1; seq < 100; seq++) expect(frames(step(seq))).toEqual([]);
  expect(frames(step(100))).toEqual([{ type: "ping", seen: 100 }]);
});

test("a session taken up elsewhere is not fought over, and a refused frame is not sent again", () => {
  for (const [code, reason] of [
    [4001, "elsewhere"],
    [1008, "protocol"],
  ] as const) {
    const core = ready();
    expect(core.lost(code)).toContainEqual({ do: "refused", reason });
    expect(core.retry()).toEqual([]);
  }
});
