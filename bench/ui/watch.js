// Runs in the page before anything of its own: sees when it can be used, clicks, and waits for what comes.
globalThis.bench = (() => {
  const DEADLINE = 30_000; // milliseconds
  const seen = {};

  const boxes = () => document.querySelectorAll("textarea");
  const button = (text) => [...document.querySelectorAll("button")].find((each) => each.textContent.trim() === text);
  const canBeUsed = (element) =>
    Boolean(element) && !element.disabled && !element.readOnly && element.offsetHeight > 0;
  const frame = () => new Promise(requestAnimationFrame);
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  async function watch() {
    while (!seen.input || !seen.button) {
      await frame();
      if (!seen.input && canBeUsed(boxes()[0])) seen.input = performance.now();
      if (!seen.button && canBeUsed(button("Greet"))) seen.button = performance.now();
    }
  }

  // Milliseconds from the click to the first frame that shows it.
  async function until(shown, text) {
    const clicked = performance.now();
    button(text).click();
    while (!shown(boxes()[1].value)) {
      if (performance.now() - clicked > DEADLINE) throw new Error(`${text}: nothing came in ${DEADLINE} ms`);
      await frame();
    }
    return performance.now() - clicked;
  }

  function type(text) {
    const box = boxes()[0];
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async function clicks(count) {
    const taken = [];
    for (let number = 0; number < count; number++) {
      const name = `visitor ${number} of ${count}`;
      type(name);
      await wait(60 + 40 * Math.random()); // what typing causes is over; any moment between two frames
      taken.push(await until((value) => value === `Hello ${name}!`, "Greet"));
    }
    return taken;
  }

  // Another text first: the last stream's would be there before the next began.
  async function before_stream() {
    const name = `stream ${performance.now()}`;
    type(name);
    await until((value) => value === `Hello ${name}!`, "Greet");
    await wait(300);
  }

  const stream = () => until((value) => value.length === 6000 && value.endsWith("word9 "), "Talk");

  watch();
  return { seen, clicks, before_stream, stream };
})();
