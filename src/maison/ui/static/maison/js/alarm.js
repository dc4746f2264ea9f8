// What nobody has confirmed yet calls: seen (inverted row, title of the tab), said (assertive region, once per arrival)
// and, after one gesture that browsers ask for, heard, again and again until nothing waits. Nothing blinks for those
// who asked for less motion.
const RING_EVERY = 4000;
const REMEMBER = "maison-son";
const root = document.documentElement;
const button = document.querySelector("[data-maison-alarm-start]");
const title = document.title;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const spoken = document.createElement("p");
spoken.className = "maison-unseen";
spoken.setAttribute("role", "alert");
document.body.append(spoken);

let audio = null;
let known = new Set();
let rangAt = 0;
let flash = false;

const waiting = () => [...document.querySelectorAll("[data-maison-unconfirmed]")];
const loud = () => audio?.state === "running";

function show() {
  if (!button) return;
  const on = loud();
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? "Couper le son" : "Activer le son";
  root.dataset.maisonSound = on ? "on" : "off";
}

async function start() {
  audio ??= new AudioContext();
  await audio.resume();
  localStorage.setItem(REMEMBER, "on");
  rangAt = 0;
  show();
  look();
}

async function stop() {
  localStorage.removeItem(REMEMBER);
  await audio?.suspend();
  show();
}

button?.addEventListener("click", () => (loud() ? stop() : start()));
// A wall that was loud before a reload is loud again at the first gesture, whatever it is.
if (localStorage.getItem(REMEMBER)) {
  audio = new AudioContext();
  const wake = (event) => {
    if (!localStorage.getItem(REMEMBER) || button?.contains(event.target) || loud()) return;
    start();
  };
  addEventListener("pointerdown", wake);
  addEventListener("keydown", wake);
  audio.onstatechange = show;
}

function ring() {
  rangAt = Date.now();
  root.dataset.maisonRings = String(Number(root.dataset.maisonRings ?? 0) + 1);
  [[880, 0], [660, 0.22], [880, 0.44]].forEach(([pitch, after]) => {
    const at = audio.currentTime + after;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.4, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.21);
  });
}

function look() {
  const rows = waiting();
  const fresh = rows.filter((row) => !known.has(row.id));
  known = new Set(rows.map((row) => row.id));
  root.dataset.maisonAlarm = rows.length ? "on" : "off";
  if (fresh.length) {
    rangAt = 0;
    spoken.textContent = fresh.map((row) => `À confirmer : ${row.getAttribute("aria-label") ?? row.textContent.trim()}.`).join(" ");
  } else if (!rows.length) spoken.textContent = "";
  if (rows.length && loud() && Date.now() - rangAt >= RING_EVERY) ring();
  flash = !flash || calm.matches;
  document.title = rows.length && flash ? `(${rows.length}) À confirmer · ${title}` : title;
}

show();
look();
setInterval(look, 1000);
htmx.onLoad(look);
document.body.addEventListener("htmx:afterSettle", look);
