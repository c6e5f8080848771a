import { expect, test } from "vitest";

import { Ways } from "../src/lib/channel.ts";

test("the WebSocket is tried twice before HTTP, and then both in turn", () => {
  const ways = new Ways();
  const tried = Array.from({ length: 5 }, () => {
    const way = ways.next;
    ways.failed();
    return way;
  });
  expect(tried).toEqual(["socket", "socket", "stream", "socket", "stream"]);
});

test("what once got through is used again, however often it fails later", () => {
  const ways = new Ways();
  ways.worked("socket");
  for (let n = 0; n < 6; n++) ways.failed();
  expect(ways.next).toBe("socket");
});
