// Small comforts of every page; all of it works without them. Copy buttons, pickers that close on Escape or a click elsewhere,
// and keys: what has data-key is clicked (a link) or focused (a field) by that key, unless one is typing.

const copied = async (button) => {
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  const label = button.querySelector("span") ?? button;
  const before = label === button ? button.getAttribute("aria-label") : label.textContent;
  const say = (text) => (label === button ? button.setAttribute("aria-label", text) : (label.textContent = text));
  button.classList.add("done");
  say("Copied");
  setTimeout(() => { button.classList.remove("done"); say(before); }, 1600);
};

const ready = (root) => {
  if (navigator.clipboard) for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copied(button);
  for (const open of document.querySelectorAll("details.picker[open]")) if (!open.contains(event.target)) open.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.picker[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

const typing = (element) => element.matches("input, select, textarea, [contenteditable], .plot") || element.closest("dialog, :popover-open");

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.repeat || typing(event.target)) return;
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!wanted) return;
  event.preventDefault();
  if (wanted.matches("input")) wanted.focus();
  else wanted.click();
});

// What is asked for while the pointer rests on a link (hx-preload) is kept until the link is pressed. Where the link has
// got another address since, or what came is old, it would keep the new page from being asked for.
document.addEventListener("mouseover", ({ target }) => {
  const link = target.closest?.("a[href]");
  const asked = link?._htmx?.preload;
  if (asked && (asked.action !== link.pathname + link.search || asked.expiresAt < Date.now())) delete link._htmx.preload;
}, true);

// What was asked for ahead comes also when its link was pressed and then another one: the last one pressed counts.
document.addEventListener("htmx:before:response", (event) => {
  if (event.detail.ctx.request.signal?.aborted) event.preventDefault();
});

document.addEventListener("htmx:after:swap", () => {
  ready(document);
  // Steps are pressed several times in a row: the pointer rests on the next one already, and does not come to it anew.
  document.querySelector("a.step:hover")?.dispatchEvent(new MouseEvent("mouseover"));
});
ready(document);

// A form that came back is gone on with where something is wrong, wherever it begins.
document.querySelector("main [aria-invalid='true']")?.focus();

// Where the settings' tabs are wider than the screen, the one that is open stands in the middle of what shows.
const strip = document.querySelector(".subnav ul");
const open = strip?.querySelector("[aria-current]")?.getBoundingClientRect();
if (open) strip.scrollLeft += open.x + open.width / 2 - strip.getBoundingClientRect().x - strip.clientWidth / 2;
