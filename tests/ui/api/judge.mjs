// Everything that a program does with the app, by the published JavaScript client: prints what came of it as JSON.
import dns from "node:dns";
import { readFile } from "node:fs/promises";

const lookup = dns.lookup;
// Every name below `localhost` is this machine: not every system says so.
dns.lookup = (host, ...rest) => lookup(host.endsWith(".localhost") ? "127.0.0.1" : host, ...rest);

const { Client, handle_file } = await import("@gradio/client");
const [url, picture, ...auth] = process.argv.slice(2);
const options = { events: ["data", "status"], ...(auth.length ? { auth } : {}) };
console.error = console.warn = () => {};

const tried = async (call) => {
  try {
    return await call();
  } catch (error) {
    return `Error: ${error.message ?? JSON.stringify(error)}`;
  }
};

const client = await Client.connect(url, options);
const first = async (name, given) => (await client.predict(name, given)).data[0];
const steps = async (name, given) => {
  const seen = [];
  for await (const message of client.submit(name, given)) {
    if (message.type === "data") seen.push(message.data[0]);
    if (message.type === "status" && ["complete", "error"].includes(message.stage)) break;
  }
  return seen;
};

const told = {
  names: Object.keys((await client.view_api()).named_endpoints),
  greet: await first("/greet", ["Ada", 2]),
  "by name": await first("/greet", { name: "Bob" }),
  quiet: await first("/quiet", ["Eve", 1]),
  added: await first("/add", { a: 40 }),
  batch: await first("/batch", ["really"]),
  "on purpose": await tried(() => first("/fail", ["on purpose"])),
  "by accident": await tried(() => first("/fail", ["by accident"])),
  "wrong type": await tried(() => first("/greet", ["Ada", "many"])),
  hidden: await tried(() => first("/hidden", ["Ada", 1])),
  counts: [await first("/count", []), await first("/count", [])],
  who: (await first("/who", [])).split(" ")[0],
  worked: await first("/work", []),
  steps: await steps("/talk", ["Ada"]),
};

const other = await Client.connect(url, options);
told["other count"] = (await other.predict("/count", [])).data[0];
other.close();

const blob = new File([await readFile(picture)], "picture.png", { type: "image/png" });
const file = await first("/picture", [handle_file(blob)]);
const cookies = auth.length ? await login() : {};
told.file = (await (await fetch(file.url, { headers: cookies })).arrayBuffer()).byteLength;

const job = client.submit("/endless", []);
let count = 0;
for await (const message of job) {
  if (message.type === "data" && ++count === 3) {
    await job.cancel();
    break;
  }
}
told.cancelled = true;
told["goes on"] = 0;
told.after = (await steps_until(client.submit("/endless", []), 1))[0];
client.close();
console.log(JSON.stringify(told));
process.exit(0);

async function steps_until(job, wanted) {
  const seen = [];
  for await (const message of job) {
    if (message.type === "data" && seen.push(message.data[0]) === wanted) break;
  }
  await job.cancel();
  return seen;
}

async function login() {
  const body = new URLSearchParams({ username: auth[0], password: auth[1] });
  const answer = await fetch(`${url}/login`, { method: "POST", body });
  return { Cookie: answer.headers.getSetCookie().map((each) => each.split(";")[0]).join("; ") };
}
