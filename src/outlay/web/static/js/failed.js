// A change of the page that fails: what is shown stays, and a notice above it says why and how to try again. It stands for
// answers of the server's own (5xx), of a proxy before it, and for none at all. What asks again by itself says nothing.

const asksByItself = (ctx) => ctx.sourceElement?.matches?.('[hx-trigger^="every"]');

const reasonIn = (html) => {
  const said = new DOMParser().parseFromString(html ?? "", "text/html").querySelector("#main p");
  return said?.textContent.trim() || "The server could not answer.";
};

const tell = (ctx, reason, id) => {
  const place = document.getElementById("failed");
  const told = document.getElementById("failure")?.content.cloneNode(true);
  if (!place || !told) return;
  const again = told.querySelector("a");
  if (ctx.request.method === "GET") again.href = ctx.request.action;
  else again.remove();
  told.querySelector(".reason").textContent = reason;
  if (id) told.querySelector(".request-id").textContent = `Request ${id}`;
  place.replaceChildren(told);
  place.scrollIntoView({ block: "nearest" });
};

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (asksByItself(ctx)) return;
  if (ctx.response.status < 500) return document.getElementById("failed")?.replaceChildren();
  event.preventDefault(); // nothing is swapped, and the address stays what it was
  tell(ctx, reasonIn(ctx.text), ctx.response.headers.get("x-request-id"));
});

document.addEventListener("htmx:error", ({ detail: { ctx, error } }) => {
  if (ctx && error instanceof TypeError && !ctx.response && !asksByItself(ctx)) tell(ctx, "The server can't be reached.");
});
