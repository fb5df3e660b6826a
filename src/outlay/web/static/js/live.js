// Live mode: keeps the panels of a page that was asked to be live (it carries [data-live]) as the server sends them.
// What is being looked at closely stays as it is: a panel under the pointer, the focus, a selection or with something open
// takes its update when that ends. Leaving the tab ends the stream; it says on return what it has, and gets what differs.

const SILENT_MS = 40000; // the server says something every 15 s
const REFUSED_MS = 30000;
const MOST_MS = 60000;
const hovers = matchMedia("(hover: hover)");

let mark = null; // the [data-live] element the rest is about
let has = new Map(); // part -> digest of what is on the page
let waiting = new Map(); // part -> [digest, html] that could not be shown yet
let watermark, state, note, stream, timer;
let paused = false, began = false, anew = false;
let failures = 0, base = 2000, heardAt = 0, shownAt = 0, fetchedAt = 0;

const SAID = { live: "Live updates are on", paused: "Live updates are paused", lost: "Live updates: reconnecting", refused: "Live updates are off" };

const ago = (ms) => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
};

const TEXT = {
  connecting: () => "Connecting…",
  live: () => `Live, updated ${ago(Date.now() - shownAt)}${waiting.size ? `, ${waiting.size} waiting` : ""}`,
  paused: () => `Paused at ${new Date(shownAt).toLocaleTimeString("en-GB", { timeZone: mark.dataset.zone })}`,
  lost: () => "Reconnecting…",
  refused: () => `Not live: ${note}`,
};

const write = () => {
  if (!mark) return;
  mark.dataset.state = state;
  mark.querySelector(".live-text").textContent = TEXT[state]();
  const button = mark.querySelector("button");
  button.hidden = state === "refused";
  button.textContent = paused ? "Resume" : "Pause";
};

const become = (next) => {
  if (state !== next && SAID[next] && mark) mark.querySelector("[role=status]").textContent = SAID[next] + (next === "refused" ? `: ${note}` : "");
  state = next;
  write();
};

const selected = (panel) => {
  const selection = getSelection();
  return !selection.isCollapsed && selection.rangeCount > 0 && selection.getRangeAt(0).intersectsNode(panel);
};

const held = (panel) =>
  (hovers.matches && panel.matches(":hover")) || panel.contains(document.activeElement) || selected(panel) || panel.querySelector(":popover-open, details.picker[open]") !== null;

const show = () => {
  for (const [id, [digest, html]] of [...waiting]) {
    const panel = document.getElementById(id);
    if (panel && held(panel)) {
      panel.dataset.waiting = "";
      continue;
    }
    waiting.delete(id);
    if (!panel || has.get(id) === digest) continue;
    delete panel.dataset.waiting;
    has.set(id, digest);
    htmx.swap({ sourceElement: panel, target: panel, text: html, swap: "outerMorph", live: true });
  }
  write();
};

const disconnect = () => {
  clearTimeout(timer);
  stream?.abort();
  stream = null;
};

const again = (ms) => {
  disconnect();
  timer = setTimeout(connect, ms * (0.7 + 0.6 * Math.random()));
};

const lost = () => {
  become("lost");
  again(Math.min(base * 2 ** failures++, MOST_MS));
};

const refuse = async (answer) => {
  if (answer.status >= 500 && answer.status !== 503) return lost();
  if (began && (answer.status === 401 || answer.status === 403)) return location.reload();
  note = (await answer.json().catch(() => null))?.detail ?? `the server answered ${answer.status}`;
  become("refused");
  again(REFUSED_MS);
};

const take = { // what the server's events do
  update: (panels) => {
    for (const [id, part] of Object.entries(panels)) waiting.set(id, part);
    shownAt = Date.now();
    show();
  },
  layout: () => (anew = true),
  ended: () => location.reload(),
};

const read = (text) => {
  const event = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) event[line.slice(0, at)] = line.slice(at + 1).trimStart();
  }
  if (event.retry) base = Number(event.retry);
  if (event.id) watermark = event.id;
  if (event.data) take[event.event]?.(JSON.parse(event.data));
};

const follow = async (body, mine) => {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const { value, done } = await reader.read();
    if (done || mine !== stream) return;
    heardAt = Date.now();
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    events.forEach(read);
  }
};

const connect = async () => {
  disconnect();
  if (!mark || paused || document.hidden) return;
  const mine = (stream = new AbortController());
  const headers = { accept: "text/event-stream", "last-event-id": watermark, "outlay-has": [...has].map((part) => part.join(":")).join(" ") };
  waiting.clear(); // what they were for is sent again, if it still differs
  heardAt = Date.now();
  try {
    const answer = await fetch(mark.dataset.live, { headers, signal: mine.signal, cache: "no-store" });
    if (mine !== stream) return;
    if (!answer.ok || !answer.headers.get("content-type")?.startsWith("text/event-stream")) return await refuse(answer);
    failures = 0;
    began = true;
    become("live");
    await follow(answer.body, mine);
  } catch (error) {
    if (!mine.signal.aborted && !(error instanceof TypeError || error.name === "AbortError")) throw error;
  }
  if (mine === stream) lost();
};

// The page as a whole: begun, led on to another state, or fetched anew.
const settle = () => {
  mark = document.querySelector("[data-live]");
  disconnect();
  waiting.clear();
  anew = false;
  if (!mark) return;
  has = new Map(mark.dataset.has.split(" ").map((part) => part.split(":")));
  watermark = mark.dataset.watermark;
  shownAt = Date.now();
  become(paused ? "paused" : "connecting");
  connect();
};

const fetchAnew = async () => {
  if (Date.now() - fetchedAt < 10000 || [...has.keys()].map((id) => document.getElementById(id)).some((panel) => panel && held(panel))) return;
  fetchedAt = Date.now();
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (answer?.redirected || answer?.status === 403) return location.reload();
  if (answer?.ok) htmx.swap({ sourceElement: document.body, target: document.body, text: await answer.text(), swap: "innerMorph" });
};

setInterval(() => {
  if (!mark || paused || document.hidden) return;
  if (stream && Date.now() - heardAt > SILENT_MS) lost();
  if (anew) fetchAnew();
  show();
}, 1000);

document.addEventListener("click", (event) => {
  if (!mark || !event.target.closest("[data-live] button")) return;
  paused = !paused;
  if (paused) disconnect();
  become(paused ? "paused" : "connecting");
  connect();
});

document.addEventListener("visibilitychange", () => {
  if (!mark || paused) return;
  if (document.hidden) disconnect();
  else connect();
});

const soon = () => waiting.size && setTimeout(show);
for (const kind of ["pointerout", "focusout", "toggle"]) document.addEventListener(kind, soon, true);
document.addEventListener("htmx:after:swap", (event) => event.detail.ctx.live || settle());
settle();
