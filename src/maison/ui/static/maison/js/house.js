// The frame's gestures: keys, dialogs, messages, and what to say when the house does not answer.
const FIELD = "input, select, textarea, [contenteditable]";

// Keys. `/` and Ctrl-K search, `?` helps, arrows move on boards and between `[data-maison-arrows]` children.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.(FIELD);
  const search = event.key === "/" ? !typing && !event.ctrlKey && !event.metaKey && !event.altKey
    : event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
  if (search) return openSearch(event);
  if (event.key === "?" && !typing) {
    const help = document.getElementById("maison-help");
    if (help) { event.preventDefault(); help.togglePopover(); }
  }
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !typing) moveOnBoard(event);
});

function openSearch(event) {
  const box = document.querySelector("[data-maison-search]");
  if (!box) return;
  event.preventDefault();
  if (box.checkVisibility()) { box.focus(); box.select(); } else document.querySelector(".maison-search-link")?.click();
}

function moveOnBoard(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest?.("dialog, [popover]")) return;
  const rows = [...document.querySelectorAll(".maison-row")];
  if (!rows.length) return;
  const here = rows.indexOf(event.target.closest?.(".maison-row"));
  const next = event.key === "ArrowDown" ? here + 1 : here < 0 ? rows.length - 1 : here - 1;
  if (rows[next]) { event.preventDefault(); rows[next].focus(); }
}

// Dialogs: `data-maison-dialog="id"` opens one of the page; one that HTMX brings with `data-maison-open` opens itself
// once settled, and leaves the page when closed.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-maison-dialog]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.maisonDialog)?.showModal();
  }
  const closer = event.target.closest("[data-maison-close]");
  if (closer) (closer.closest("[data-maison-toast]") ?? closer.closest("dialog"))?.[closer.closest("[data-maison-toast]") ? "remove" : "close"]();
});

function openDialogs(root) {
  const found = root.querySelectorAll?.("dialog[data-maison-open]") ?? [];
  for (const dialog of root.matches?.("dialog[data-maison-open]") ? [root, ...found] : found) {
    if (dialog.open) continue;
    const before = document.activeElement;
    dialog.showModal();
    dialog.addEventListener("close", () => { dialog.remove(); before?.isConnected && before.focus(); }, { once: true });
  }
}

// Messages leave by themselves, except refusals and those that offer to undo; never while read or pointed at.
const READING_TIME = 8000;

function letGo(root) {
  for (const toast of root.querySelectorAll?.("[data-maison-toast]") ?? []) {
    if (toast.dataset.maisonToast === "stay" || toast.dataset.kind === "error" || toast.querySelector("form") || toast.dataset.maisonTimed) continue;
    toast.dataset.maisonTimed = "";
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, READING_TIME) : toast.remove());
    setTimeout(leave, READING_TIME);
  }
}

// After an invalid form comes back, its summary is read first.
function focusSummary(root) {
  const summary = root.matches?.("[data-maison-focus]") ? root : root.querySelector?.("[data-maison-focus]");
  summary?.focus();
}

htmx.onLoad((root) => letGo(root === document.body ? document : document.body));
document.body.addEventListener("htmx:afterSettle", (event) => {
  openDialogs(event.detail.elt);
  focusSummary(event.detail.elt);
});
focusSummary(document);

// When the house does not answer, it is said beside what was touched, and what was typed stays.
function failed(event) {
  const { elt } = event.detail;
  const model = document.getElementById("maison-failure");
  const quiet = event.detail.requestConfig?.triggeringEvent?.type?.startsWith("maison:") || elt.matches("[data-maison-quiet]");
  if (!model || quiet || elt.previousElementSibling?.matches("[data-maison-failure]")) return;
  if (event.detail.xhr?.responseText.includes("hx-swap-oob")) return;  // a refusal that has already been said
  const table = elt.closest("table");
  (table ?? elt).before(model.content.cloneNode(true));
}
document.body.addEventListener("htmx:responseError", failed);
document.body.addEventListener("htmx:sendError", failed);
document.body.addEventListener("htmx:timeout", failed);
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const before = (event.detail.elt.closest("table") ?? event.detail.elt).previousElementSibling;
  if (before?.matches("[data-maison-failure]")) before.remove();
});
// A refusal with another status than 409 or 422 still brings its words, out of band.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status >= 400 && xhr.getResponseHeader("HX-Reswap") === "none") {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// Nothing moves under a finger: a re-reading that comes back while a pointer is down waits until it is up, so that a
// tap always lands on what was seen. (A swap between press and release would lose the click.)
let pressed = false;
const late = new Set();
addEventListener("pointerdown", () => { pressed = true; }, true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(() => {
  pressed = false;
  for (const element of late) {
    for (const topic of (element.dataset.maisonTopics ?? "").split(/[\s,]+/).filter(Boolean)) {
      document.body.dispatchEvent(new CustomEvent(`maison:${topic.split(":")[0]}`, { detail: { topic } }));
    }
  }
  late.clear();
}, 60), true);
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { requestConfig, elt } = event.detail;
  if (pressed && requestConfig.verb === "get" && elt.matches("[data-maison-topics]")) {
    event.detail.shouldSwap = false;
    late.add(elt);
  }
});
