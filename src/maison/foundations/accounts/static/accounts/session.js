// The idle session: what the page asks by itself says so, and one warning comes before the end.
// Loaded on pages of signed-in people; `data-minutes`, `data-stay` and `data-end` on its own script element.
const own = document.getElementById("maison-session");
const PASSIVE = "X-Maison-Passive";
const IDLE = Number(own.dataset.minutes) * 60_000;
const WARNING = Math.min(2 * 60_000, IDLE / 2);
const tabs = new BroadcastChannel("maison-session-" + document.documentElement.dataset.maisonSession);
let end = Date.now() + IDLE;
let timer;

// A request is a person's when a person touched something: not when it polls, loads itself or follows a hint.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.triggeringEvent?.isTrusted) event.detail.headers[PASSIVE] = "1";
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { requestConfig, xhr } = event.detail;
  if (xhr?.status && xhr.status < 500 && !requestConfig.headers[PASSIVE]) { active(); tabs.postMessage("active"); }
});
tabs.addEventListener("message", active);

function active() {
  end = Date.now() + IDLE;
  band()?.remove();
  wait();
}

function wait() {
  clearTimeout(timer);
  const left = end - Date.now();
  timer = setTimeout(left > WARNING ? warn : leave, Math.max(0, left > WARNING ? left - WARNING : left));
}

const band = () => document.getElementById("maison-session-end");

function warn() {
  if (end - Date.now() > WARNING + 1000) return wait();
  const said = document.createElement("div");
  said.id = "maison-session-end";
  said.className = "maison-toast";
  said.dataset.kind = "error";
  said.dataset.maisonToast = "stay";
  const text = document.createElement("p");
  text.textContent = `Sans action de votre part, votre session se ferme à ${new Date(end).toLocaleTimeString("fr-FR", { hour: "2-digit", minute: "2-digit" })}.`;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "maison-button";
  button.textContent = "Rester connecté";
  button.addEventListener("click", stay);
  said.append(text, button);
  document.getElementById("maison-alarmed")?.replaceChildren(said);
  wait();
}

async function stay() {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const answer = await fetch(own.dataset.stay, { method: "POST", headers: { "X-CSRFToken": token }, redirect: "manual" });
  if (answer.status === 204) { active(); tabs.postMessage("active"); } else leave();
}

// Another tab may have kept the session, or a page open long ago may be wrong: the house says what is so.
function leave() {
  const here = location.pathname + location.search;
  location.assign(`${own.dataset.end}?next=${encodeURIComponent(here)}`);
}

addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
wait();
