// The read-out of charts: pointer or arrow keys choose a bucket, the legend shows its figures, taken from the chart's own table.
// Delegated from the document, so charts that are swapped in need no set-up.

const chosen = new WeakMap(); // figure -> { bucket, series }

const rowsOf = (figure) => figure.querySelectorAll(".as-table tbody tr");

const noted = (figure, bucket) =>
  [...figure.querySelectorAll(`.marks [data-bucket="${bucket}"]`)].map((item) => item.lastElementChild.textContent.trim());

const note = (figure, said) => {
  const place = figure.querySelector(".noted");
  if (place) place.textContent = said.join(" · ");
};

const restore = (figure) => {
  note(figure, []);
  for (const text of figure.querySelectorAll(".when, .legend b")) {
    if (text.dataset.whole !== undefined) text.textContent = text.dataset.whole;
    delete text.dataset.whole;
  }
  for (const on of figure.querySelectorAll(".on")) on.classList.remove("on");
};

const write = (element, value) => {
  element.dataset.whole ??= element.textContent;
  element.textContent = value;
};

const show = (figure, bucket, series = -1) => {
  restore(figure);
  const row = rowsOf(figure)[bucket];
  if (!row) return "";
  const items = [...figure.querySelectorAll(".legend li")];
  const label = row.cells[0].textContent.trim();
  write(figure.querySelector(".when"), label);
  items.forEach((item, at) => write(item.querySelector("b"), row.cells[at + 1].textContent));
  figure.querySelectorAll(".plot .b")[bucket].classList.add("on");
  items[series]?.classList.add("on");
  const marks = noted(figure, bucket);
  note(figure, marks);
  const said = items.map((item, at) => `${item.querySelector("span:not(.dot)").textContent} ${row.cells[at + 1].textContent}`);
  return `${label}: ${series < 0 ? [...said, ...marks].join(", ") : said[series]}`;
};

document.addEventListener("pointermove", (event) => {
  const bucket = event.target.closest?.(".plot .b");
  const figure = event.target.closest?.(".chart");
  for (const other of document.querySelectorAll(".chart:has(.b.on)")) if (other !== figure && !other.contains(document.activeElement)) restore(other);
  if (!figure) return;
  const flag = event.target.closest(".flag");
  if (bucket) show(figure, [...figure.querySelectorAll(".plot .b")].indexOf(bucket));
  else if (flag) {
    const buckets = flag.dataset.buckets.split(",");
    show(figure, Number(buckets[0]));
    note(figure, buckets.flatMap((each) => noted(figure, each)));
  }
  else restore(figure);
});

const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1], Home: [-Infinity, 0], End: [Infinity, 0] };
const within = (value, low, high) => Math.min(high, Math.max(low, value));

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.(".chart .plot") || event.altKey || event.ctrlKey || event.metaKey) return;
  const figure = event.target.closest(".chart");
  const rows = rowsOf(figure);
  const at = chosen.get(figure);
  if (event.key === "Enter" && at) {
    const cells = rows[at.bucket].cells;
    (cells[at.series + 1].querySelector("a") ?? cells[0].querySelector("a"))?.click();
  } else if (event.key === "Escape") {
    chosen.delete(figure);
    restore(figure);
  } else if (moves[event.key] && rows.length) {
    const [step, turn] = moves[event.key];
    const from = at ?? { bucket: step < 0 ? rows.length : -1, series: -1 };
    const next = {
      bucket: within(from.bucket + step, 0, rows.length - 1),
      series: within(from.series + turn, -1, rows[0].cells.length - 2),
    };
    chosen.set(figure, next);
    figure.querySelector("[role=status]").textContent = show(figure, next.bucket, next.series);
    event.preventDefault();
  }
});

document.addEventListener("focusout", (event) => {
  if (!event.target.matches?.(".chart .plot")) return;
  const figure = event.target.closest(".chart");
  chosen.delete(figure);
  restore(figure);
});
