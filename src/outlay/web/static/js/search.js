// The search dialog: Ctrl-K or ⌘K opens it on any page, arrow keys go through what it found. Without this, /search is a page.

const dialog = document.getElementById("search");
const field = dialog?.querySelector("input");

const open = () => { if (!dialog.open) dialog.showModal(); field.select(); };

document.addEventListener("keydown", (event) => {
  if (!dialog || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  open();
});

document.addEventListener("click", (event) => {
  if (!dialog) return;
  if (event.target === dialog) dialog.close(); // the backdrop
  const link = event.target.closest("[data-search]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});

dialog?.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [field, ...dialog.querySelectorAll(".search-results a")];
  const at = stops.indexOf(document.activeElement);
  const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
});
