// Pickers of filter values load what they hold when they open, and are moved through by arrow keys. Without this they lead to a page.

let resumeAt = -1; // the stop to go on from when more values were asked for

const stopsOf = (values) => [values.querySelector("[name=find]"), ...values.querySelectorAll(".found input")];

// `toggle` does not bubble, so it is caught on its way down.
document.addEventListener("toggle", ({ target: picker }) => {
  if (!picker.matches?.("details.picker")) return;
  if (!picker.open) picker.querySelector(".loaded")?.replaceChildren();
  else if (picker.matches(".values-picker")) htmx.trigger(picker, "open-values");
}, true);

document.addEventListener("click", ({ target }) => {
  const values = target.closest(".more-values")?.closest(".values");
  if (values) resumeAt = stopsOf(values).length;
});

document.addEventListener("htmx:after:swap", () => {
  const values = document.querySelector("details.picker[open] .values, .values-page .values");
  if (!values || values.contains(document.activeElement)) return;
  if (resumeAt >= 0) stopsOf(values)[resumeAt]?.focus();
  else if (document.activeElement === document.body || values.closest(".picker")?.contains(document.activeElement)) stopsOf(values)[0].focus();
  resumeAt = -1;
});

document.addEventListener("keydown", (event) => {
  const values = event.target.closest?.(".values");
  if (!values || !event.target.matches("[name=find], .found input") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter") {
    event.preventDefault();
    // What is searched for is listed already, so Enter has nothing else to do than to apply.
    values.requestSubmit(values.querySelector(".apply-button"));
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const stops = stopsOf(values);
  stops[stops.indexOf(event.target) + step]?.focus();
  event.preventDefault();
});

document.addEventListener("submit", ({ target, submitter }) => {
  const picker = target.closest("details.picker");
  if (!picker || !target.matches(".values") || submitter?.matches(".more-values")) return;
  picker.open = false;
  picker.querySelector("summary").focus();
});
