// The requests of a link, as they come. What visitors sent is only ever shown as text.

const exchanges = new Map();
const rows = new Map();
const list = document.getElementById("list");
const state = document.getElementById("state");
const filter = document.getElementById("filter");
const detail = document.getElementById("detail");
let chosen = null;
let secrets = false;
let shown = "";

const news = new EventSource("events");
news.onopen = () => { state.textContent = "Live"; };
news.onerror = () => { state.textContent = "The link has ended, or its program is gone."; };
news.onmessage = (event) => {
  const { oldest, exchanges: changed } = JSON.parse(event.data);
  for (const exchange of changed) {
    exchanges.set(exchange.number, exchange);
    draw(exchange);
  }
  for (const number of exchanges.keys()) if (number < oldest) forget(number);
  document.getElementById("empty").hidden = exchanges.size > 0;
  if (changed.some((exchange) => exchange.number === chosen)) show();
};
filter.oninput = () => exchanges.forEach(draw);

function draw(exchange) {
  let row = rows.get(exchange.number);
  if (!row) {
    row = make("li");
    const button = make("button");
    button.type = "button";
    button.onclick = () => choose(exchange.number);
    row.append(button);
    rows.set(exchange.number, row);
    list.prepend(row);
  }
  row.hidden = !matches(exchange);
  const button = row.firstChild;
  button.setAttribute("aria-current", String(exchange.number === chosen));
  button.replaceChildren(
    make("span", exchange.websocket ? "WS" : exchange.method, "method"),
    make("span", exchange.path, "path"),
    make("span", outcome(exchange), tone(exchange)),
    make("span", facts(exchange), "more"),
  );
}

function forget(number) {
  exchanges.delete(number);
  rows.get(number)?.remove();
  rows.delete(number);
}

function matches(exchange) {
  const text = `${exchange.method} ${exchange.path} ${exchange.status} ${exchange.visitor}`.toLowerCase();
  return filter.value.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function choose(number) {
  const before = chosen;
  chosen = number;
  secrets = false;
  shown = "";
  for (const each of [before, number]) if (exchanges.has(each)) draw(exchanges.get(each));
  show().then(() => { if (matchMedia("(max-width: 700px)").matches) detail.scrollIntoView(); });
}

async function show() {
  const number = chosen;
  const answer = await fetch(`requests/${number}${secrets ? "?secrets=1" : ""}`);
  if (number !== chosen) return;
  const text = await answer.text();
  if (text === shown) return;
  shown = text;
  const exchange = JSON.parse(text);
  if (!answer.ok) {
    detail.replaceChildren(make("p", exchange.detail));
    return;
  }
  detail.replaceChildren(
    make("h2", `${exchange.method} ${exchange.path}`),
    make("p", `${outcome(exchange)} · ${facts(exchange)}`, "facts"),
    actions(exchange),
    ...part("Request", exchange.request, exchange.request_size, exchange.websocket),
    ...part("Answer", exchange.answer, exchange.answer_size, exchange.websocket),
  );
}

function actions(exchange) {
  const bar = make("div", "", "actions");
  const said = make("p", "", "note");
  said.setAttribute("role", "status");
  if (!exchange.websocket) {
    const again = press("Send again", async () => {
      again.disabled = true;
      const answer = await fetch(`requests/${exchange.number}/replay`, { method: "POST" }).catch(() => null);
      const result = answer ? await answer.json() : { detail: "The program is gone." };
      again.disabled = false;
      if (!answer?.ok) said.textContent = result.detail;
      else if (chosen === exchange.number) choose(result.number);
    });
    bar.append(again);
  }
  if (exchange.hides_secrets || secrets) {
    bar.append(press(secrets ? "Hide secrets" : "Show secrets", () => { secrets = !secrets; return show(); }));
  }
  bar.append(said);
  return bar;
}

function part(title, message, size, websocket) {
  const fields = make("dl");
  for (const [name, value] of message.headers) fields.append(make("dt", name), make("dd", value));
  const parts = [make("h3", `${title} headers`), fields];
  if (size === 0) return parts;
  parts.push(make("h3", `${title} ${websocket ? "messages" : "body"}, ${bytes(size)}`));
  if (websocket) return parts;
  if (message.body === null) parts.push(make("p", "This is no text.", "note"));
  else parts.push(make("pre", pretty(message.body)));
  if (!message.is_whole) parts.push(make("p", "Only its beginning was kept.", "note"));
  for (const each of parts) if (each.tagName === "PRE") each.tabIndex = 0;
  return parts;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function outcome(exchange) {
  if (exchange.state === "broken") return exchange.status ? `${exchange.status} broken off` : "broken off";
  if (exchange.status === null) return "…";
  return exchange.state === "open" ? `${exchange.status} …` : String(exchange.status);
}

function tone(exchange) {
  if (exchange.state === "broken" || exchange.status >= 400) return "bad";
  return exchange.status === null ? "" : "good";
}

function facts(exchange) {
  const parts = [new Date(exchange.began * 1000).toLocaleTimeString(), exchange.visitor || "no address"];
  if (exchange.duration !== null) parts.push(span(exchange.duration));
  parts.push(`${bytes(exchange.request_size)} in, ${bytes(exchange.answer_size)} out`);
  if (exchange.replay_of !== null) parts.push("sent again by you");
  return parts.join(" · ");
}

function span(seconds) {
  return seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toFixed(1)} s`;
}

function bytes(count) {
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

function press(text, action) {
  const button = make("button", text);
  button.type = "button";
  button.onclick = action;
  return button;
}

function make(tag, text = "", kind = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (kind) element.className = kind;
  return element;
}
